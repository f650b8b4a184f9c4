package acmewire

import (
	"context"
	"encoding/json"
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

// Meta is the directory's metadata (RFC 8555 section 9.7.6).
type Meta struct {
	TermsOfService          string            `json:"termsOfService,omitempty"`
	Website                 string            `json:"website,omitempty"`
	CAAIdentities           []string          `json:"caaIdentities,omitempty"`
	ExternalAccountRequired bool              `json:"externalAccountRequired,omitempty"`
	Profiles                map[string]string `json:"profiles,omitempty"`
}

// resources lists the URLs of the directory; those that an enrolment needs are
// required.
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
		if err != nil || u.Scheme != "https" || u.Host == "" {
			return nil, fmt.Errorf("the directory's %s is %.200q, not an https URL", r.name, r.url)
		}
	}
	return &d, nil
}

// directoryFresh is how long a saved directory is used without a request. If the
// server has changed it meanwhile, the answers of its URLs reveal that.
const directoryFresh = 24 * time.Hour

// nonceFresh is how long a saved nonce is tried. A refused one costs the one
// request that it was meant to save.
const nonceFresh = time.Hour

// Saved is what the wire caches between processes. Losing it costs two requests.
type Saved struct {
	Directory   json.RawMessage `json:"directory,omitempty"`
	DirectoryAt time.Time       `json:"directoryAt,omitzero"`
	Nonce       string          `json:"nonce,omitempty"`
	NonceAt     time.Time       `json:"nonceAt,omitzero"`
}

// cachedDirectory is a directory with what is known of its origin.
type cachedDirectory struct {
	*Directory
	raw   []byte
	at    time.Time // when it was fetched
	saved bool      // it comes from an earlier process
}

// Saved returns the cache for the next process.
func (w *Wire) Saved() Saved {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := Saved{DirectoryAt: w.dir.at, Directory: w.dir.raw}
	s.Nonce, s.NonceAt = w.nonces.peek()
	return s
}

// load takes the fresh parts of s and ignores damaged ones.
func (w *Wire) load(s Saved) {
	now := w.clock()
	if age := now.Sub(s.DirectoryAt); age >= 0 && age < directoryFresh {
		if d, err := parseDirectory(s.Directory); err == nil {
			w.dir = cachedDirectory{Directory: d, raw: s.Directory, at: s.DirectoryAt, saved: true}
		}
	}
	if age := now.Sub(s.NonceAt); age >= 0 && age < nonceFresh {
		w.nonces.put(s.Nonce, s.NonceAt)
	}
}

// directory returns the cached directory; its Directory is nil if there is none.
func (w *Wire) directory() cachedDirectory {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dir
}

func (w *Wire) cacheDirectory(k cachedDirectory) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dir = k
}

// forgetDirectory makes the next use fetch the directory. It reports whether used
// was one of an earlier process, so that fetching may help; another client may
// have fetched it already.
func (w *Wire) forgetDirectory(used *Directory) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dir.Directory == used {
		if !w.dir.saved {
			return false
		}
		w.dir = cachedDirectory{}
	}
	return true
}

// fromCache answers the library's GET of the directory and its HEAD of newNonce
// from the cache. nil means: send the request.
func (w *Wire) fromCache(req *http.Request) *http.Response {
	dir := w.directory()
	if dir.Directory == nil {
		return nil
	}
	switch url := req.URL.String(); {
	case req.Method == http.MethodGet && url == w.dirURL:
		return response(req, http.StatusOK, http.Header{}, dir.raw)
	case req.Method == http.MethodHead && url == dir.NewNonce:
		if v, ok := w.nonces.take(); ok {
			return response(req, http.StatusOK, http.Header{"Replay-Nonce": {v}}, nil)
		}
	}
	return nil
}

// Refresh fetches the directory, whatever is cached.
func (c *Client) Refresh(ctx context.Context) (*Directory, error) {
	c.wire.cacheDirectory(cachedDirectory{})
	c.reset()
	return c.Directory(ctx)
}

// Directory returns the server's directory, from the cache if that is
// fresh. An invalid directory is a [ProtocolError].
func (c *Client) Directory(ctx context.Context) (*Directory, error) {
	if c.dir == nil {
		c.dir = c.wire.directory().Directory
	}
	if c.dir != nil {
		return c.dir, nil
	}
	select { // one client fetches it, and the others wait for that one
	case c.wire.fetching <- struct{}{}:
		defer func() { <-c.wire.fetching }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c.dir = c.wire.directory().Directory; c.dir != nil {
		return c.dir, nil
	}
	ctx, got := withCapture(ctx)
	if err := c.persist(ctx, func() error {
		_, err := c.send(ctx, http.MethodGet, c.cfg.DirectoryURL, nil)
		return err
	}); err != nil {
		return nil, explain(got.last, err)
	}
	d, err := parseDirectory(got.last.raw)
	if err != nil {
		return nil, got.last.broken(err.Error(), "RFC 8555 7.1.1")
	}
	c.wire.judgeJSON(got.last)
	c.wire.judgeDirectory(d)
	c.wire.cacheDirectory(cachedDirectory{Directory: d, raw: got.last.raw, at: got.last.Time})
	c.dir = d
	return d, nil
}
