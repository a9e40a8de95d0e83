#include "bench.h"

/*
 * Five bodies under Newton's gravity, n steps of 0.01 years; the checksum is
 * the energy's bits.  Masses in suns, lengths in astronomical units.
 * Compiled with -ffp-contract=off, so that every machine has the same sum.
 */
const char *const name = "nbody";

enum { Bodies = 5 };

static const double pi = 3.141592653589793;
static const double days = 365.24;

static double x[Bodies][3] = {
	{0, 0, 0},
	{4.84143144246472090, -1.16032004402742839, -0.103622044471123109},
	{8.34336671824457987, 4.12479856412430479, -0.403523417114321381},
	{12.8943695621391310, -15.1111514016986312, -0.223307578892655734},
	{15.3796971148509165, -25.9193146099879641, 0.179258772950371181},
};
static double v[Bodies][3] = {
	{0, 0, 0},
	{0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023},
	{-0.00276742510726411524, 0.00499852801234917238, 0.0000230417297573763929},
	{0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556},
	{0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870},
};
static double mass[Bodies] = {
	1, 0.000954791938424326609, 0.000285885980666130812, 0.0000436624404335156298, 0.0000515138902046611451,
};

static double
root(double square)
{
#if defined(__x86_64__)
	__asm__("sqrtsd %0, %0" : "+x"(square));
#else
	__asm__("fsqrt %d0, %d0" : "+w"(square));
#endif
	return square;
}

static double
distance(int32_t i, int32_t j, double d[3])
{
	int32_t k;

	for(k = 0; k < 3; k++)
		d[k] = x[i][k] - x[j][k];
	return root(d[0]*d[0] + d[1]*d[1] + d[2]*d[2]);
}

static void
step(double dt)
{
	int32_t i, j, k;
	double d[3], r, pull;

	for(i = 0; i < Bodies; i++)
		for(j = i+1; j < Bodies; j++){
			r = distance(i, j, d);
			pull = dt / (r*r*r);
			for(k = 0; k < 3; k++){
				v[i][k] -= d[k] * mass[j] * pull;
				v[j][k] += d[k] * mass[i] * pull;
			}
		}
	for(i = 0; i < Bodies; i++)
		for(k = 0; k < 3; k++)
			x[i][k] += dt * v[i][k];
}

static double
energy(void)
{
	int32_t i, j;
	double d[3], sum;

	sum = 0;
	for(i = 0; i < Bodies; i++){
		sum += 0.5 * mass[i] * (v[i][0]*v[i][0] + v[i][1]*v[i][1] + v[i][2]*v[i][2]);
		for(j = i+1; j < Bodies; j++)
			sum -= mass[i] * mass[j] / distance(i, j, d);
	}
	return sum;
}

uint64_t
run(uint32_t n, const char *what)
{
	int32_t i, k;
	double sum;
	uint64_t bits;

	(void)what;
	for(i = 0; i < Bodies; i++){
		mass[i] *= 4 * pi * pi;
		for(k = 0; k < 3; k++){
			v[i][k] *= days;
			v[0][k] -= v[i][k] * mass[i] / (4 * pi * pi);
		}
	}
	while(n-- > 0)
		step(0.01);
	sum = energy();
	memcpy(&bits, &sum, sizeof bits);
	return bits;
}
