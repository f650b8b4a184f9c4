package acmewire_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/secret"
)

// recorder collects what an observer sees.
type recorder struct{ exchanges []*acmewire.Exchange }

func (r *recorder) observe(cfg *acmewire.Config) {
	cfg.Observe = func(ex *acmewire.Exchange) { r.exchanges = append(r.exchanges, ex) }
}

// last is the latest exchange and its JSON.
func (r *recorder) last(t *testing.T) (*acmewire.Exchange, string) {
	t.Helper()
	if len(r.exchanges) == 0 {
		t.Fatal("no exchange was observed")
	}
	ex := r.exchanges[len(r.exchanges)-1]
	doc, err := json.Marshal(ex)
	if err != nil {
		t.Fatal(err)
	}
	return ex, string(doc)
}

// An exchange shows both sides, decoded.
func TestExchange(t *testing.T) {
	var r recorder
	f := newFake(t, routes{"new-order": says(201, pendingOrder, "Location: /order/1", "Retry-After: 3", "Set-Cookie: x=y", "Content-Type: application/json")})
	c := f.client(t, r.observe)
	if _, err := c.NewOrder(t.Context(), acmewire.NewOrder{Identifiers: []acmewire.Identifier{{Type: "dns", Value: "a"}}}); err != nil {
		t.Fatal(err)
	}
	var methods []string
	for i, ex := range r.exchanges {
		methods = append(methods, ex.Method)
		if ex.Number != i+1 || ex.Time.IsZero() || ex.Millis <= 0 {
			t.Errorf("exchange %d: number %d, time %v, %v ms", i+1, ex.Number, ex.Time, ex.Millis)
		}
	}
	if got := strings.Join(methods, " "); got != "GET HEAD POST" {
		t.Errorf("observed %s, want GET HEAD POST", got)
	}
	ex, doc := r.last(t)
	if want := fmt.Sprintf(`{"alg":"ES256","kid":"%[1]s/account/1","nonce":"nonce001","url":"%[1]s/new-order"}`, f.URL); string(ex.Protected) != want {
		t.Errorf("protected %s, want %s", ex.Protected, want)
	}
	if want := `{"identifiers":[{"type":"dns","value":"a"}]}`; string(ex.Payload) != want {
		t.Errorf("payload %s, want %s", ex.Payload, want)
	}
	if string(ex.Body) != pendingOrder || ex.BodySize != len(pendingOrder) || ex.Status != 201 || ex.Text != "" {
		t.Errorf("answer %+v, want the order", ex)
	}
	for _, want := range []string{`"Location":["/order/1"]`, `"Retry-After":["3"]`, `"Replay-Nonce":["nonce002"]`} {
		if !strings.Contains(doc, want) {
			t.Errorf("%s lacks %s", doc, want)
		}
	}
	if strings.Contains(doc, "x=y") {
		t.Errorf("%s has the cookie", doc)
	}
}

// An exchange that failed is observed too, with why.
func TestExchangeFailed(t *testing.T) {
	var r recorder
	f := newFake(t, routes{
		"order/1": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"order/2": says(302, "", "Location: https://ca.example/"),
	})
	c := f.client(t, r.observe)
	for path, status := range map[string]int{"order/1": 0, "order/2": 302} {
		if _, err := c.Order(t.Context(), f.URL+"/"+path); err == nil {
			t.Fatalf("%s: no error", path)
		}
		if ex, doc := r.last(t); ex.Error == "" || ex.Status != status || !strings.Contains(doc, `"error":`) {
			t.Errorf("%s: %s, want status %d and an error", path, doc, status)
		}
	}
}

// Secrets of either side never show in an exchange's JSON, nor what is made
// from them.
func TestNoSecretShown(t *testing.T) {
	const canary = "c4n4ry"
	pem := "-----BEGIN EC PRIVATE KEY-----\\n" + canary + "\\n-----END EC PRIVATE KEY-----"
	var r recorder
	answers := map[string]string{
		"echoed token":        `{"status":"processing","tkauth":"` + canary + `"}`,
		"echoed atc":          `{"status":"processing","x":[{"atc":"` + canary + `"}]}`,
		"atc that is no text": `{"atc":{"a":["` + canary + `"]}}`,
		"twice":               `{"atc":"` + canary + `","atc":""}`,
		"other case":          `{"TKAuth":"` + canary + `"}`,
		"escaped name":        `{"t\u006bauth":"` + canary + `"}`,
		"private key":         `{"detail":"` + pem + `"}`,
		"private key in PEM":  strings.ReplaceAll(pem, `\n`, "\n"),
		"password":            `{"a":{"b":{"password":"` + canary + `"}}}`,
		"broken JSON":         `{"status":"processing","tkauth":"` + canary + `"}}`,
	}
	rt := routes{"new-account": says(400, `{"type":"urn:ietf:params:acme:error:malformed"}`), "c/1": says(200, `{"status":"processing"}`)}
	for name, body := range answers {
		rt["a/"+strings.ReplaceAll(name, " ", "-")] = says(200, body)
	}
	f := newFake(t, rt)
	c := f.client(t, r.observe)
	check := func(name string) {
		t.Helper()
		if _, doc := r.last(t); strings.Contains(doc, canary) || !strings.Contains(doc, secret.Redacted) {
			t.Errorf("%s: %s shows the secret, or nothing in its place", name, doc)
		}
	}
	for name := range answers {
		_, _ = c.Answer(t.Context(), f.URL+"/a/"+strings.ReplaceAll(name, " ", "-"), nil)
		check(name)
	}
	for _, payload := range []string{`{"tkauth":"` + canary + `"}`, `{"atc":"` + canary + `"}`, `{"atc":{"token":"` + canary + `"}}`} {
		if _, err := c.Answer(t.Context(), f.URL+"/c/1", json.RawMessage(payload)); err != nil {
			t.Fatal(err)
		}
		check(payload)
	}
	_, _, _ = c.Register(t.Context(), acmewire.NewAccount{Binding: &acmewire.Binding{KeyID: "kid", Key: secret.New([]byte(canary))}})
	sent := f.requests("new-account")[0].payload
	var eab struct {
		B struct{ Signature string } `json:"externalAccountBinding"`
	}
	if err := json.Unmarshal([]byte(sent), &eab); err != nil || eab.B.Signature == "" {
		t.Fatalf("sent %s (%v), want a binding", sent, err)
	}
	check("binding")
	ex, doc := r.last(t)
	if strings.Contains(doc, eab.B.Signature) {
		t.Errorf("%s shows the binding's MAC", doc)
	}
	if !strings.Contains(string(ex.Payload), `"protected"`) {
		t.Errorf("payload %s, want the rest of the binding to be shown", ex.Payload)
	}
	if c.Rollover(t.Context(), newKey(t)) == nil { // keyChange is 404 here
		t.Error("the rollover succeeded")
	}
	check("rollover")
}

// A document without secrets is shown as it came, numbers and order included.
func TestShownAsItCame(t *testing.T) {
	var r recorder
	body := `{"z":1,"status":"processing","a":12345678901234567890.10,"signatures":[true,null]}`
	f := newFake(t, routes{"c/1": says(200, body), "c/2": says(200, `{"z":1.50,"atc":"x","a":12345678901234567890}`), "c/3": says(200, strings.Repeat("é", 40<<10))})
	c := f.client(t, r.observe)
	for path, want := range map[string]string{"c/1": body, "c/2": `{"a":12345678901234567890,"atc":"[redacted]","z":1.50}`} {
		if _, err := c.Answer(t.Context(), f.URL+"/"+path, nil); err != nil {
			t.Fatal(err)
		}
		if ex, _ := r.last(t); string(ex.Body) != want {
			t.Errorf("got %s, want %s", ex.Body, want)
		}
	}
	_, err := c.Answer(t.Context(), f.URL+"/c/3", nil)
	wantProtocol(t, err, "the answer is not JSON")
	if ex, _ := r.last(t); len(ex.Text) != 32<<10 || ex.BodySize != 80<<10 || ex.Body != nil {
		t.Errorf("%d bytes of text of %d, want 32 KiB of 80", len(ex.Text), ex.BodySize)
	}
}
