package interop_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/interop/realca"
)

// A contender is a program in a benchmark. Every round runs it once, in a new
// process; contenders take turns, so that a slow moment of the machine affects
// all of them.
type contender struct {
	name string
	args func(round int) []string
	runs []run
}

// A run is what one process took.
type run struct {
	Wall     time.Duration
	MaxRSS   int64 // bytes; 0 if unknown
	requests int   // by Pebble's count
}

// An arena runs contenders.
type arena struct {
	*testing.B
	dir string
	ca  *realca.Pebble // nil in benchmarks without a server
}

func newArena(b *testing.B) *arena { return &arena{B: b, dir: b.TempDir()} }

// nfcerts are the nfcert programs to measure: NFCERT_A and NFCERT_B when set, for
// comparing two, and otherwise the one of this source.
func (a *arena) nfcerts() map[string]string {
	found := map[string]string{}
	for name, variable := range map[string]string{"A": "NFCERT_A", "B": "NFCERT_B"} {
		if path := os.Getenv(variable); path != "" {
			found[name] = path
		}
	}
	if len(found) == 0 {
		found["nfcert"] = binary(a, built.nfcert)
	}
	return found
}

// run runs a command, which must succeed, with an environment of its own.
func (a *arena) run(args ...string) run {
	a.Helper()
	before := a.requests()
	cmd := exec.CommandContext(a.Context(), binary(a, built.bench), args...)
	cmd.Env, cmd.Dir = []string{"HOME=" + a.dir, "PATH=" + os.Getenv("PATH")}, a.dir
	out, err := cmd.Output()
	if err != nil {
		a.Fatalf("%.200q: %v\n%s", args, err, stderrOf(err))
	}
	var r run
	if err := json.Unmarshal(out, &r); err != nil {
		a.Fatalf("reading what bench printed, %q: %v", out, err)
	}
	r.requests = a.requests() - before
	return r
}

func (a *arena) requests() int {
	if a.ca == nil {
		return 0
	}
	return len(a.ca.Requests())
}

// contest runs all contenders once a round, a different one first each time, and
// reports medians; ratios are to the first contender.
func (a *arena) contest(contenders ...*contender) {
	for _, c := range contenders {
		a.run(c.args(0)...) // warm up
	}
	for round := 1; a.Loop(); round++ {
		for i := range contenders {
			c := contenders[(round+i)%len(contenders)]
			c.runs = append(c.runs, a.run(c.args(round)...))
		}
	}
	for _, c := range contenders {
		wall := c.median(func(r run) int64 { return int64(r.Wall) })
		a.ReportMetric(wall/1e6, c.name+"-ms")
		a.ReportMetric(c.median(func(r run) int64 { return r.MaxRSS })/(1<<20), c.name+"-MiB")
		if a.ca != nil {
			a.ReportMetric(c.median(func(r run) int64 { return int64(r.requests) }), c.name+"-requests")
		}
		if c != contenders[0] {
			a.ReportMetric(wall/contenders[0].median(func(r run) int64 { return int64(r.Wall) }), c.name+"-ratio")
		}
	}
	a.ReportMetric(0, "ns/op") // of all contenders together: not printed
}

func (c *contender) median(of func(run) int64) float64 {
	var all []int64
	for _, r := range c.runs {
		all = append(all, of(r))
	}
	slices.Sort(all)
	return float64(all[len(all)/2])
}

// pebble starts the server that a benchmark asks, without artificial waits.
func (a *arena) pebble() { a.ca = startPebble(a, realca.PebbleOptions{RSA: true}) }

// benchName is a new name for each round: Pebble may reuse the authorization of
// a name that it knows.
func benchName(round int) string {
	return "amf" + strconv.Itoa(round) + ".amf.5gc.mnc001.mcc001.3gppnetwork.org"
}

func (a *arena) floor(account func(round int) string) *contender {
	return &contender{name: "floor", args: func(round int) []string {
		return []string{binary(a, built.floor), "-directory", a.ca.Directory, "-root", a.ca.TLSRoot, "-name", benchName(round), "-http", a.ca.HTTPAddr, "-account", account(round)}
	}}
}

func (a *arena) server(state string) []string {
	return []string{"--server", a.ca.Directory, "--ca-root", a.ca.TLSRoot, "--state", state, "--no-input"}
}

func benchNF(round int) []string {
	return []string{"--nf-type", "AMF", "--nf-instance-id", "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b", "--plmn", "001-01", "--country", "SE", "--fqdn", benchName(round)}
}

func (a *arena) solving() []string {
	return []string{"--challenge", "http-01", "--http-listen", a.ca.HTTPAddr}
}

func (a *arena) saving(dir string) []string {
	return []string{"--issuer-root", a.ca.IssuerRoot, "--out", dir}
}

func (a *arena) enroll(name, program string, state func(round int) string) *contender {
	return &contender{name: name, args: func(round int) []string {
		id, dir := "amf-"+strconv.Itoa(round), state(round)
		return slices.Concat([]string{program, "enroll", "-n", id, "--accept-tos"}, a.server(dir), benchNF(round), a.solving(), a.saving(filepath.Join(dir, "out-"+id)))
	}}
}

// BenchmarkEnrol is one certificate in one process, next to a minimal client,
// with a new account and with a saved one.
func BenchmarkEnrol(b *testing.B) {
	for _, account := range []string{"new", "saved"} {
		b.Run(account+" account", func(b *testing.B) {
			a := newArena(b)
			a.pebble()
			path := func(name string) func(int) string {
				return func(round int) string {
					if account == "saved" {
						round = 0
					}
					return filepath.Join(a.dir, fmt.Sprintf("%s-%d", name, round))
				}
			}
			contenders := []*contender{a.floor(path("floor"))}
			for _, name := range slices.Sorted(maps.Keys(a.nfcerts())) {
				contenders = append(contenders, a.enroll(name, a.nfcerts()[name], path(name)))
			}
			a.contest(contenders...)
		})
	}
}

// BenchmarkStep is the same certificate, each step in a process of its own.
func BenchmarkStep(b *testing.B) {
	steps := []string{"account", "csr", "order", "finalize", "show"}
	for i, step := range steps {
		b.Run(step, func(b *testing.B) {
			a := newArena(b)
			a.pebble()
			var contenders []*contender
			for _, name := range slices.Sorted(maps.Keys(a.nfcerts())) {
				program := a.nfcerts()[name]
				contenders = append(contenders, &contender{name: name, args: func(round int) []string {
					state := filepath.Join(a.dir, fmt.Sprintf("%s-%d", name, round))
					named := func(step string, more ...string) []string {
						return slices.Concat([]string{program, step, "-n", "amf-01"}, a.server(state), more)
					}
					all := [][]string{
						append([]string{program, "account", "--accept-tos"}, a.server(state)...),
						named("csr", benchNF(round)...), named("order", a.solving()...),
						named("finalize", a.saving(filepath.Join(state, "out"))...), named("show"),
					}
					for _, before := range all[:i] {
						a.run(before...)
					}
					return all[i]
				}})
			}
			a.contest(contenders...)
		})
	}
}

// BenchmarkStart is a command that does nothing, next to the minimal client
// doing nothing.
func BenchmarkStart(b *testing.B) {
	a := newArena(b)
	contenders := []*contender{{name: "floor", args: func(int) []string { return []string{binary(a, built.floor), "-h"} }}}
	for _, name := range slices.Sorted(maps.Keys(a.nfcerts())) {
		program := a.nfcerts()[name]
		contenders = append(contenders, &contender{name: name, args: func(int) []string { return []string{program, "version"} }})
	}
	a.contest(contenders...)
}

// benchCertificate issues a certificate of an AMF.
func benchCertificate(b *testing.B) []byte {
	key := newKey(b)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{Country: []string{"SE"}, Organization: []string{"5gc.mnc001.mcc001.3gppnetwork.org"}},
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		DNSNames: []string{benchName(1)}, URIs: []*url.URL{{Scheme: "urn", Opaque: strings.TrimPrefix(sampleURI, "urn:")}},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	issuer := &x509.Certificate{Subject: pkix.Name{Country: []string{"SE"}, CommonName: "NF CA"}, SubjectKeyId: []byte("key of the CA")}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), newKey(b))
	if err != nil {
		b.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// lintCertificates is how many certificates BenchmarkLint judges in one call.
const lintCertificates = 1000

// BenchmarkLint is nfcert lint next to zlint's own command, which
// NFCERT_BENCH_ZLINT names, over copies of one certificate of an AMF.
func BenchmarkLint(b *testing.B) {
	a := newArena(b)
	certificate := benchCertificate(b)
	var files []string
	for i := range lintCertificates {
		file := filepath.Join(a.dir, fmt.Sprintf("amf%05d.pem", i))
		if err := os.WriteFile(file, certificate, 0o600); err != nil {
			b.Fatal(err)
		}
		files = append(files, file)
	}
	// Findings must not end the measurement: the exit status is that of sh.
	judged := func(name string, args ...string) *contender {
		all := slices.Concat([]string{"sh", "-c", `"$@" || [ $? = 8 ]`, "sh"}, args, files)
		return &contender{name: name, args: func(int) []string { return all }}
	}
	var contenders []*contender
	if zlint := os.Getenv("NFCERT_BENCH_ZLINT"); zlint != "" {
		contenders = append(contenders, judged("zlint", zlint, "-includeSources", "RFC3279,RFC5280,RFC5480,RFC5891,RFC6962,RFC8813,Community"))
	}
	for _, name := range slices.Sorted(maps.Keys(a.nfcerts())) {
		lint := []string{a.nfcerts()[name], "lint", "-q", "-o", "jsonl", "--zlint"}
		contenders = append(contenders,
			judged(name+"-with-zlint", append(lint, binary(a, built.zlint))...), judged(name+"-alone", append(lint, "off")...))
	}
	a.contest(contenders...)
}
