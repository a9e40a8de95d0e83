#include "bench.h"

/* SHA-256 (FIPS 180-4) of n times 4 KiB; its first 8 bytes. */
const char *const name = "sha256";

static const uint32_t k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t state[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};
static uint8_t data[4096];

static uint32_t
turn(uint32_t x, uint32_t bits)
{
	return x >> bits | x << (32 - bits);
}

static void
block(const uint8_t *p)
{
	uint32_t w[64], v[8], i, s0, s1, t1, t2;

	for(i = 0; i < 16; i++, p += 4)
		w[i] = (uint32_t)p[0]<<24 | (uint32_t)p[1]<<16 | (uint32_t)p[2]<<8 | p[3];
	for(; i < 64; i++){
		s0 = turn(w[i-15], 7) ^ turn(w[i-15], 18) ^ w[i-15]>>3;
		s1 = turn(w[i-2], 17) ^ turn(w[i-2], 19) ^ w[i-2]>>10;
		w[i] = w[i-16] + s0 + w[i-7] + s1;
	}
	for(i = 0; i < 8; i++)
		v[i] = state[i];
	for(i = 0; i < 64; i++){
		s1 = turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25);
		t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
		s0 = turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22);
		t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		v[7] = v[6];
		v[6] = v[5];
		v[5] = v[4];
		v[4] = v[3] + t1;
		v[3] = v[2];
		v[2] = v[1];
		v[1] = v[0];
		v[0] = t1 + t2;
	}
	for(i = 0; i < 8; i++)
		state[i] += v[i];
}

uint64_t
run(uint32_t n, const char *what)
{
	uint8_t last[64];
	uint64_t bits;
	uint32_t i, j;

	(void)what;
	for(i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i*7 + i/256);
	for(i = 0; i < n; i++)
		for(j = 0; j < sizeof data; j += 64)
			block(data + j);
	bits = (uint64_t)n * sizeof data * 8;
	last[0] = 0x80;
	for(i = 1; i < 56; i++)
		last[i] = 0;
	for(; i < 64; i++)
		last[i] = (uint8_t)(bits >> 8*(63 - i));
	block(last);
	return (uint64_t)state[0]<<32 | state[1];
}
