package main

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"sort"
	"strings"
)

func init() {
	cases["library"] = library
	cases["big"] = bigs
	cases["random"] = random
}

func library() {
	text := strings.Repeat("the quick brown fox jumps over the lazy dog; ", 2000)
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	got(io.WriteString(writer, text))
	must(writer.Close())
	size := packed.Len()
	back := got(io.ReadAll(got(gzip.NewReader(&packed))))
	fmt.Println(size, string(back) == text)
	fmt.Printf("%x\n", sha256.Sum256(back))

	words := regexp.MustCompile(`\b[a-z]{4,}\b`).FindAllString(text[:200], -1)
	sort.Strings(words)
	fmt.Println(words)
	encoded := got(json.Marshal(map[string]any{"words": words, "n": 1.5, "nested": []any{nil, true, "ä\n"}}))
	fmt.Println(string(encoded))
	var decoded map[string]any
	must(json.Unmarshal(encoded, &decoded))
	fmt.Println(decoded["n"], len(decoded["words"].([]any)))
}

func bigs() {
	factorial := new(big.Int).MulRange(1, 1000)
	fmt.Println(factorial.BitLen(), new(big.Int).Mod(factorial, big.NewInt(1_000_003)))
	power := new(big.Int).Exp(big.NewInt(3), big.NewInt(2000), nil)
	quotient, rest := new(big.Int).QuoRem(factorial, power, new(big.Int))
	fmt.Printf("%x\n", sha256.Sum256([]byte(quotient.String()+" "+rest.String())))
	fmt.Println(new(big.Int).Exp(big.NewInt(7), power, big.NewInt(1_000_000_007)))
	fmt.Println(new(big.Float).SetPrec(300).Quo(big.NewFloat(1), big.NewFloat(3)).Text('g', 60))
}

func random() {
	one, two := make([]byte, 1000), make([]byte, 1000)
	got(rand.Read(one))
	got(rand.Read(two))
	fmt.Println(bytes.Equal(one, two), bytes.Equal(one, make([]byte, 1000)))
}
