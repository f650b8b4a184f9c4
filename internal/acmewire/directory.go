package acmewire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Directory is the directory object (RFC 8555 section 7.1.1).
type Directory struct {
	NewNonce    string `json:"newNonce"`
	NewAccount  string `json:"newAccount"`
	NewOrder    string `json:"newOrder"`
	NewAuthz    string `json:"newAuthz,omitempty"`
	RevokeCert  string `json:"revokeCert,omitempty"`
	KeyChange   string `json:"keyChange,omitempty"`
	RenewalInfo string `json:"renewalInfo,omitempty"` // RFC 9773
	Meta        Meta   `json:"meta,omitzero"`
}

// Meta is what a server tells of itself (RFC 8555 section 9.7.6).
type Meta struct {
	TermsOfService          string            `json:"termsOfService,omitempty"`
	Website                 string            `json:"website,omitempty"`
	CAAIdentities           []string          `json:"caaIdentities,omitempty"`
	ExternalAccountRequired bool              `json:"externalAccountRequired,omitempty"`
	Profiles                map[string]string `json:"profiles,omitempty"`
}

// resources are the members without which nothing can be enrolled, and those
// that may be absent.
func (d *Directory) resources() []struct {
	name, url string
	required  bool
} {
	return []struct {
		name, url string
		required  bool
	}{
		{"newNonce", d.NewNonce, true}, {"newAccount", d.NewAccount, true}, {"newOrder", d.NewOrder, true},
		{"newAuthz", d.NewAuthz, false}, {"revokeCert", d.RevokeCert, false}, {"keyChange", d.KeyChange, false},
		{"renewalInfo", d.RenewalInfo, false},
	}
}

// parseDirectory reads and checks a directory object.
func parseDirectory(raw []byte) (*Directory, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, errors.New("the answer is empty")
	}
	var d Directory
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, notJSON(raw, err)
	}
	for _, r := range d.resources() {
		if r.url == "" {
			if r.required {
				return nil, fmt.Errorf("the directory lacks %s", r.name)
			}
			continue
		}
		u, err := url.Parse(r.url)
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("the directory's %s is %q, not an absolute URL", r.name, r.url)
		}
		if u.Scheme != "https" {
			return nil, fmt.Errorf("the directory's %s is %q, not an https URL", r.name, r.url)
		}
	}
	return &d, nil
}

// notJSON says what came instead of JSON.
func notJSON(raw []byte, err error) error {
	trimmed := bytes.ToLower(bytes.TrimSpace(raw[:min(len(raw), 512)]))
	if bytes.HasPrefix(trimmed, []byte("<!doctype html")) || bytes.HasPrefix(trimmed, []byte("<html")) || bytes.HasPrefix(trimmed, []byte("<")) {
		return errors.New("the answer is HTML, not JSON")
	}
	return fmt.Errorf("the answer is not the JSON it should be: %w", err)
}

// directoryFresh is how long a saved directory is used without asking. A
// server that changed its directory meanwhile is found out by a 404 or a 405.
const directoryFresh = 24 * time.Hour

// nonceFresh is how long a saved nonce is worth trying. A refused one costs
// the one request that it was to spare.
const nonceFresh = time.Hour

// Saved is what the wire keeps from one process to the next. It is a cache:
// losing it costs two requests.
type Saved struct {
	Directory   json.RawMessage `json:"directory,omitempty"`
	DirectoryAt time.Time       `json:"directoryAt,omitzero"`
	Nonce       string          `json:"nonce,omitempty"`
	NonceAt     time.Time       `json:"nonceAt,omitzero"`
}

// Saved returns what the next process should be given.
func (w *Wire) Saved() Saved {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := Saved{Directory: w.dirRaw, DirectoryAt: w.dirAt, Nonce: w.nonces.peek()}
	if s.Nonce != "" {
		s.NonceAt = w.clock().UTC()
	}
	return s
}

// load takes what is fresh out of s; a damaged copy counts as none.
func (w *Wire) load(s Saved) {
	now := w.clock()
	if age := now.Sub(s.DirectoryAt); age >= 0 && age < directoryFresh {
		if _, err := parseDirectory(s.Directory); err == nil {
			w.keepDirectory(s.Directory, s.DirectoryAt)
			w.dirSaved = true
		}
	}
	if age := now.Sub(s.NonceAt); age >= 0 && age < nonceFresh {
		w.nonces.put(s.Nonce)
	}
}

// keepDirectory remembers a directory that can be used.
func (w *Wire) keepDirectory(raw []byte, at time.Time) {
	d, err := parseDirectory(raw)
	if err != nil {
		return
	}
	w.dirRaw, w.dirAt, w.dirSaved = raw, at, false
	w.newNonce, w.newOrder = d.NewNonce, d.NewOrder
}

// forgetDirectory makes the next use ask the server again. It reports whether
// there was a saved copy to blame.
func (w *Wire) forgetDirectory() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.dirSaved {
		return false
	}
	w.dirRaw, w.dirSaved, w.newNonce, w.newOrder = nil, false, "", ""
	return true
}

// fromKept answers from what is kept: the library's GET of the directory and
// its HEAD of newNonce. nil: send the request.
func (w *Wire) fromKept(req *http.Request) *http.Response {
	url := req.URL.String()
	w.mu.Lock()
	dirURL, dir, newNonce := w.dirURL, w.dirRaw, w.newNonce
	w.mu.Unlock()
	switch {
	case req.Method == http.MethodGet && url == dirURL && dir != nil:
		return synthetic(req, http.StatusOK, http.Header{}, dir)
	case req.Method == http.MethodHead && url == newNonce && newNonce != "":
		if v, ok := w.nonces.take(); ok {
			return synthetic(req, http.StatusOK, http.Header{"Replay-Nonce": {v}}, nil)
		}
	}
	return nil
}

// Directory returns the server's directory, from the copy of an earlier process
// while that is fresh.
func (c *Client) Directory(ctx context.Context) (*Directory, error) {
	if c.dir != nil {
		return c.dir, nil
	}
	ctx, got := withCapture(ctx)
	if _, err := c.acme.Discover(ctx); err != nil {
		return nil, c.explainDirectory(got.last, err)
	}
	c.wire.mu.Lock()
	raw := c.wire.dirRaw
	c.wire.mu.Unlock()
	if raw == nil { // fetched, and of no use
		return nil, c.explainDirectory(got.last, errors.New("no directory"))
	}
	d, err := parseDirectory(raw)
	if err != nil {
		return nil, err
	}
	c.dir = d
	return d, nil
}

// explainDirectory says what is wrong with the answer at the directory URL.
func (c *Client) explainDirectory(ex *Exchange, err error) error {
	if ex != nil && ex.Status == http.StatusOK {
		if _, perr := parseDirectory(ex.raw); perr != nil {
			return &ProtocolError{
				Request: Request{Method: ex.Method, URL: ex.URL, Status: ex.Status},
				Found:   perr.Error(), Clause: "RFC 8555 7.1.1",
			}
		}
	}
	return explain(ex, err)
}
