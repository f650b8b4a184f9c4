package interop_test

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nfcert/nfcert/interop/realca"
)

// eabKey is the MAC key of kid-1 where a binding is required.
const eabKey = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"

// droppedByPebble are the fields that Pebble issues otherwise than the nf-tls
// profile asks for: names of the order and serverAuth are all it looks at.
func droppedByPebble() []string {
	return []string{"extKeyUsage", "nfTypes", "subject", "subjectAltName.uri"}
}

// The flow at each kind of Pebble, in one go and step by step. Everything
// that Pebble drops is told, and is no failure.
func TestPebble(t *testing.T) {
	for _, tc := range []struct {
		name string
		opts realca.PebbleOptions
	}{
		{"plain", realca.PebbleOptions{RSA: true}},
		{"strict", realca.PebbleOptions{Strict: true}},
		{"EAB", realca.PebbleOptions{EAB: map[string]string{"kid-1": eabKey}}},
	} {
		for flow, enrol := range map[string]func(*bench, []string) document{
			"one shot": (*bench).oneShot,
			"steps":    (*bench).steps,
		} {
			t.Run(tc.name+" "+flow, func(t *testing.T) {
				t.Parallel()
				b := pebbleBench(t, startPebble(t, tc.opts))
				var binding []string
				if len(tc.opts.EAB) > 0 {
					binding = b.binding(eabKey)
				}
				d := enrol(b, binding)
				b.judgeCertificate(d)
				b.wantDifferences(d, droppedByPebble()...)
			})
		}
	}
}

// oneShot enrols the sample AMF by one command.
func (b *bench) oneShot(binding []string) document {
	b.t.Helper()
	return b.run(slices.Concat([]string{"enroll", "-n", "amf-01", "--accept-tos"}, binding, sampleNF(), b.answering(), b.saving())...)
}

// steps enrols the sample AMF one step a process.
func (b *bench) steps(binding []string) document {
	b.t.Helper()
	b.exec(0, append([]string{"account", "--accept-tos"}, binding...)...)
	if d := b.run(append([]string{"csr", "-n", "amf-01"}, sampleNF()...)...); d.Step != "order" {
		b.t.Errorf("after csr the next step is %q, want order", d.Step)
	}
	d := b.run(append([]string{"order", "-n", "amf-01"}, b.answering()...)...)
	if d.Order.Status != "ready" || d.Step != "finalize" {
		b.t.Errorf("after order the order is %q and the next step %q, want ready and finalize", d.Order.Status, d.Step)
	}
	d = b.run(append([]string{"finalize", "-n", "amf-01"}, b.saving()...)...)
	if shown := b.run("show", "-n", "amf-01"); shown.Certificate.Serial != d.Certificate.Serial {
		b.t.Errorf("show has serial %q, finalize had %q", shown.Certificate.Serial, d.Certificate.Serial)
	}
	return d
}

// binding writes the MAC key to a file and returns the flags that name it.
func (b *bench) binding(key string) []string {
	b.t.Helper()
	file := b.path("eab.key")
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return []string{"--eab-kid", "kid-1", "--eab-key-file", file}
}

// A binding that is missing or wrong is refused with its reason, and one that
// is right then makes the account.
func TestPebbleRefusesBindings(t *testing.T) {
	b := pebbleBench(t, startPebble(t, realca.PebbleOptions{EAB: map[string]string{"kid-1": eabKey}}))
	if f := b.refused(2, "account", "--accept-tos"); !strings.Contains(f.Message+f.Hint, "external account binding") {
		t.Errorf("without a binding: message %q, hint %q, want the external account binding named", f.Message, f.Hint)
	}
	wrong := append([]string{"account", "--accept-tos"}, b.binding(strings.Repeat("A", 43))...)
	if f := b.refused(4, wrong...); f.Fault != "ca" || f.Problem.Status != http.StatusForbidden {
		t.Errorf("with a wrong key: %+v, want fault ca, status 403", f)
	}
	b.exec(0, append([]string{"account", "--accept-tos"}, b.binding(eabKey)...)...)
}

// Half of all good nonces are refused, and 50 enrolments all succeed.
func TestPebbleRefusesHalfTheNonces(t *testing.T) {
	t.Parallel()
	ca := startPebble(t, realca.PebbleOptions{NonceReject: 50})
	b := pebbleBench(t, ca)
	serials := map[string]bool{}
	for i := range 50 {
		name := fmt.Sprintf("amf-%02d", i)
		d := b.run(slices.Concat([]string{"enroll", "-n", name, "--accept-tos", "--issuer-root", b.issuerRoot, "--out", b.path(name)},
			sampleNF(), b.answering())...)
		b.judgeCertificate(d)
		serials[d.Certificate.Serial] = true
	}
	if len(serials) != 50 {
		t.Errorf("%d certificates, want 50", len(serials))
	}
	orders := 0
	for _, request := range ca.Requests() {
		if request == "POST /order-plz" {
			orders++
		}
	}
	if orders <= 50 {
		t.Errorf("Pebble saw %d requests for 50 orders, so it refused no nonce and nothing was tested", orders)
	}
}

// Each step in a new process sends the requests it is about, and neither asks
// again for directory, nonce and account nor leaves a round trip in. Polls of
// the order depend on the machine and are not counted.
func TestPebbleRequestsOfSteps(t *testing.T) {
	ca := startPebble(t, realca.PebbleOptions{})
	b := pebbleBench(t, ca)
	for _, step := range []struct {
		args []string
		want map[string]int
	}{
		{[]string{"account", "--accept-tos"}, map[string]int{"GET /dir": 1, "HEAD /nonce-plz": 1, "POST /sign-me-up": 1}},
		{append([]string{"csr", "-n", "amf-01"}, sampleNF()...), map[string]int{}},
		{append([]string{"order", "-n", "amf-01"}, b.answering()...), map[string]int{"POST /order-plz": 1, "POST /authZ/": 1, "POST /chalZ/": 1}},
		{append([]string{"finalize", "-n", "amf-01"}, b.saving()...), map[string]int{"POST /finalize-order/": 1, "POST /certZ/": 1}},
		{[]string{"show", "-n", "amf-01"}, map[string]int{}},
	} {
		before := len(ca.Requests())
		b.exec(0, step.args...)
		got := map[string]int{}
		for _, request := range ca.Requests()[before:] {
			if request != "POST /my-order/" {
				got[request]++
			}
		}
		if !maps.Equal(got, step.want) {
			t.Errorf("nfcert %s: requests %v, want %v", step.args[0], got, step.want)
		}
	}
}

// What publish says is put in place by hand, by a server that is not
// nfcert's; Pebble then finds it.
func TestPebblePublishedByHand(t *testing.T) {
	b := pebbleBench(t, startPebble(t, realca.PebbleOptions{}))
	b.exec(0, "account", "--accept-tos")
	b.run(append([]string{"csr", "-n", "amf-01"}, sampleNF()...)...)
	d := b.run("order", "-n", "amf-01", "--no-solve")
	serve(t, b.httpAddr, publishedIn(t, d))
	if d = b.run("order", "solve", "-n", "amf-01", "--challenge", "http-01", "--published"); d.Order.Status != "ready" {
		t.Fatalf("after solve the order is %q, want ready", d.Order.Status)
	}
	b.judgeCertificate(b.run(append([]string{"finalize", "-n", "amf-01"}, b.saving()...)...))
}

// publishedIn returns what the document's http-01 challenges ask for, by path.
func publishedIn(t *testing.T, d document) map[string]string {
	t.Helper()
	content := map[string]string{}
	for _, authorization := range d.Order.Authorizations {
		for _, challenge := range authorization.Challenges {
			if challenge.Type != "http-01" {
				continue
			}
			u, err := url.Parse(challenge.Publish.URL)
			if err != nil || u.Hostname() != sampleName {
				t.Fatalf("publish.url = %q, %v, want one at %s", challenge.Publish.URL, err, sampleName)
			}
			content[u.Path] = challenge.Publish.Content
		}
	}
	if len(content) != 1 {
		t.Fatalf("%d http-01 challenges to publish, want 1: %+v", len(content), d.Order)
	}
	return content
}

// serve answers with content by path on addr until stop is called or the test
// ends.
func serve(t *testing.T, addr string, content map[string]string) (stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := content[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, text)
	})}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	stop = sync.OnceFunc(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	t.Cleanup(stop)
	return stop
}
