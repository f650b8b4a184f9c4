package commands

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/pkcs11"
	"github.com/nfcert/nfcert/internal/store"
)

// server is a saved ACME server: how to reach and trust it.
type server struct {
	Version    int    `json:"version"`
	URL        string `json:"url"`                    // directory URL
	Name       string `json:"name,omitempty"`         // from the configuration
	Root       string `json:"caRoot,omitempty"`       // absolute path of the saved copy of --ca-root
	RootSHA256 string `json:"caRootSha256,omitempty"` // of its first certificate
	ClientCert string `json:"clientCert,omitempty"`   // absolute path, not copied
	ClientKey  string `json:"clientKey,omitempty"`    // or a pkcs11: URI; "": in the file of ClientCert
	// ClientPassphrase is the absolute path of the file that opens ClientKey.
	ClientPassphrase string `json:"clientPassphraseFile,omitempty"`

	// Pin is the fingerprint that the server is trusted by, with Root the copy
	// of the certificate that it turned out to be of; "": by Root alone.
	Pin string `json:"caPin,omitempty"`
	// Resolve has the addresses of --resolve by "host:port".
	Resolve map[string]string `json:"resolve,omitempty"`

	pinNamed string              // in the configuration file
	pin      *acmewire.Pin       // Pin, read
	rootFile string              // what the user named; "": the saved copy
	rootPEM  []byte              // its content
	roots    []*x509.Certificate // parsed
}

// DocVersion implements [store.Document].
func (*server) DocVersion() int { return 1 }

const serversDir = "servers"

func serverDir(url string) string      { return serversDir + "/" + enroll.ServerID(url) }
func serverFile(url string) string     { return serverDir(url) + "/server.json" }
func serverRootFile(url string) string { return serverDir(url) + "/root.pem" }
func directoryFile(url string) string  { return serverDir(url) + "/directory.json" }
func deviationsFile(url string) string { return serverDir(url) + "/deviations.json" }

// maxPEM bounds files with keys and certificates.
const maxPEM = 1 << 20

// checkServerURL refuses what cannot be a directory URL.
func checkServerURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return fmt.Errorf("server %q is no URL", raw)
	case u.Scheme != "https":
		return fmt.Errorf("server %q: ACME is spoken over https only (RFC 8555 6.1), as in https://ca.example/directory", raw)
	case u.Host == "":
		return fmt.Errorf("server %q has no host", raw)
	case u.User != nil:
		return fmt.Errorf("server %q: a URL must not carry credentials", u.Redacted())
	}
	return nil
}

// servers lists the saved servers.
func servers(s *store.Store) ([]*server, error) {
	ids, err := s.List(serversDir)
	if err != nil {
		return nil, err
	}
	var found []*server
	for _, id := range ids {
		sv := &server{}
		err := s.Load(serversDir+"/"+id+"/server.json", sv)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, sv)
	}
	return found, nil
}

// chooseServer finds the server that the flags, the enrolment or the state
// name, with what is known of it.
func (a *App) chooseServer(s *store.Store, enrolled string) (*server, error) {
	wish := a.global.server
	if wish == "" {
		wish = enrolled
	}
	if wish == "" {
		return a.onlyServer(s)
	}
	sv := &server{Version: 1, URL: wish}
	if named, ok := a.settings.servers[wish]; ok {
		named.Version = 1
		sv = &named
	} else if !strings.Contains(wish, ":") {
		return nil, usagef("give its directory URL, or name it in the configuration file", "there is no server named %q", wish)
	}
	if err := checkServerURL(sv.URL); err != nil {
		return nil, usagef("", "%v", err)
	}
	return sv, a.complete(s, sv)
}

func (a *App) onlyServer(s *store.Store) (*server, error) {
	known, err := servers(s)
	if err != nil {
		return nil, err
	}
	switch len(known) {
	case 0:
		return nil, usagef("as in --server https://ca.example/directory; try without a CA: nfcert enroll --lab", "no ACME server is named, and none is known yet")
	case 1:
		return known[0], a.complete(s, known[0])
	}
	var urls []string
	for _, sv := range known {
		urls = append(urls, sv.URL)
	}
	return nil, usagef("one of: "+strings.Join(urls, ", "), "several ACME servers are known; say which with --server")
}

// complete fills in what was saved of the server and what the flags say, and
// loads its roots.
func (a *App) complete(s *store.Store, sv *server) error {
	saved := &server{}
	switch err := s.Load(serverFile(sv.URL), saved); {
	case err == nil:
		sv.Root, sv.RootSHA256 = saved.Root, saved.RootSHA256
		if sv.ClientCert == "" {
			sv.ClientCert, sv.ClientKey, sv.ClientPassphrase = saved.ClientCert, saved.ClientKey, saved.ClientPassphrase
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	switch a.global.caRoot {
	case "":
	case systemRoots:
		sv.rootFile, sv.Root, sv.RootSHA256, saved.Pin, sv.pinNamed = "", "", "", "", ""
	default:
		sv.rootFile = a.global.caRoot
	}
	if err := a.namePin(sv, saved); err != nil {
		return err
	}
	sv.Resolve = a.resolutions(saved.Resolve)
	if err := a.nameIdentity(sv); err != nil {
		return err
	}
	if err := sv.loadRoots(s); err != nil {
		return err
	}
	return sv.pickPinned()
}

// nameIdentity takes the client certificate of the flags, by paths that hold in
// every directory.
func (a *App) nameIdentity(sv *server) (err error) {
	if a.global.clientCert != "" {
		sv.ClientPassphrase = ""
		if sv.ClientCert, err = filepath.Abs(a.global.clientCert); err != nil {
			return err
		}
		if sv.ClientKey = a.global.clientKey; sv.ClientKey != "" && !pkcs11.IsURI(sv.ClientKey) {
			if sv.ClientKey, err = filepath.Abs(sv.ClientKey); err != nil {
				return err
			}
		}
	}
	switch file := a.global.clientPassphrase; file {
	case "":
	case "-":
		sv.ClientPassphrase = file
	default:
		sv.ClientPassphrase, err = filepath.Abs(file)
	}
	return err
}

// loadRoots reads the roots that the user named, else the saved copy.
func (sv *server) loadRoots(s *store.Store) (err error) {
	name := sv.rootFile
	switch {
	case sv.rootPEM != nil: // given in memory, as the lab's
		name = "the lab's root"
	case sv.rootFile != "":
		sv.rootPEM, err = readFile(sv.rootFile, maxPEM)
	case sv.Root != "":
		name = sv.Root
		sv.rootPEM, err = s.ReadFile(serverRootFile(sv.URL))
	default:
		return nil
	}
	if err != nil {
		return err
	}
	sv.roots, err = enroll.ParseCertificates(sv.rootPEM)
	if err != nil {
		return &inputError{File: name, Err: err}
	}
	sum := sha256.Sum256(sv.roots[0].Raw)
	sv.RootSHA256 = hex.EncodeToString(sum[:])
	return nil
}

// pool is what validates the server; nil means the system's roots.
func (sv *server) pool() *x509.CertPool {
	if len(sv.roots) == 0 {
		return nil
	}
	pool := x509.NewCertPool()
	for _, c := range sv.roots {
		pool.AddCert(c)
	}
	return pool
}

// identity is what the client proves itself to the server by.
func (sv *server) identity() identity {
	return identity{cert: sv.ClientCert, key: sv.ClientKey, passphraseFile: sv.ClientPassphrase}
}

// remember saves the server and its root, once it has answered.
func (sv *server) remember(s *store.Store) error {
	doc, saved := *sv, &server{}
	if doc.ClientPassphrase == "-" { // standard input is another one next time
		doc.ClientPassphrase = ""
	}
	if err := s.Load(serverFile(sv.URL), saved); err == nil && doc.same(saved) && sv.sameRoots(s) {
		return nil
	}
	lock, err := s.Lock(context.Background(), serverDir(sv.URL)) // waits for a moment at most
	if _, locked := as[*store.LockedError](err); locked {
		return nil // who has it saves the same server, and this run has done its work
	}
	if err != nil {
		return err
	}
	defer func() { _ = lock.Unlock() }()
	if len(sv.roots) == 0 {
		doc.Root = ""
		return s.Save(serverFile(sv.URL), &doc)
	}
	doc.Root = s.Path(serverRootFile(sv.URL))
	return s.Save(serverFile(sv.URL), &doc, store.Attachment{Rel: serverRootFile(sv.URL), Data: sv.rootPEM})
}

// sameRoots reports whether the saved copy is what was named now.
func (sv *server) sameRoots(s *store.Store) bool {
	if len(sv.roots) == 0 {
		return true
	}
	copied, err := s.ReadFile(serverRootFile(sv.URL))
	return err == nil && bytes.Equal(copied, sv.rootPEM)
}

func (sv *server) same(saved *server) bool {
	return sv.URL == saved.URL && (sv.Name == "" || sv.Name == saved.Name) && sv.RootSHA256 == saved.RootSHA256 &&
		sv.ClientCert == saved.ClientCert && sv.ClientKey == saved.ClientKey && sv.ClientPassphrase == saved.ClientPassphrase &&
		sv.Pin == saved.Pin && maps.Equal(sv.Resolve, saved.Resolve)
}
