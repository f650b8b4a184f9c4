package session

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"strings"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/pkcs11"
	"github.com/nfcert/nfcert/internal/store"
)

// ServerNamed is the URL of the server that a flag, a variable or the configuration
// file names; "" if none does.
func ServerNamed(call *cli.Call) string {
	if named, ok := call.Settings.Servers[call.Global.Server]; ok {
		return named.URL
	}
	return call.Global.Server
}

// Server is an ACME server as it is saved: how to reach and trust it.
type Server struct {
	Version    int    `json:"version"`
	URL        string `json:"url"`                    // directory URL
	Name       string `json:"name,omitempty"`         // in the configuration file
	Root       string `json:"caRoot,omitempty"`       // absolute path of the saved copy of --ca-root
	RootSHA256 string `json:"caRootSha256,omitempty"` // of its first certificate
	ClientCert string `json:"clientCert,omitempty"`   // absolute path, not copied
	ClientKey  string `json:"clientKey,omitempty"`    // or a pkcs11: URI; "": the key is in ClientCert
	// ClientPassphrase is the absolute path of the file with the key's passphrase.
	ClientPassphrase string `json:"clientPassphraseFile,omitempty"`

	// Pin is the fingerprint of the only trusted certificate, of which Root is then
	// a copy; "": Root is trusted.
	Pin string `json:"caPin,omitempty"`
	// Resolve maps "host:port" to the address of --resolve.
	Resolve map[string]string `json:"resolve,omitempty"`

	pinNamed string              // the pin in the configuration file
	pin      *acmewire.Pin       // Pin, parsed
	rootFile string              // the file that the user named; "": the saved copy
	RootPEM  []byte              `json:"-"` // content of the file with the roots
	Roots    []*x509.Certificate `json:"-"` // parsed
}

// DocVersion implements [store.Document].
func (*Server) DocVersion() int { return 1 }

const serversDir = "servers"

// ServerDir is the folder of a server in the state directory.
func ServerDir(url string) string { return serversDir + "/" + enroll.ServerID(url) }

// ServerFile is the document of a server in the state directory.
func ServerFile(url string) string { return ServerDir(url) + "/server.json" }

func serverRootFile(url string) string { return ServerDir(url) + "/root.pem" }

func directoryFile(url string) string { return ServerDir(url) + "/directory.json" }

func deviationsFile(url string) string { return ServerDir(url) + "/deviations.json" }

// Servers lists the saved servers.
func Servers(s *store.Store) ([]*Server, error) {
	ids, err := s.List(serversDir)
	if err != nil {
		return nil, err
	}
	var found []*Server
	for _, id := range ids {
		sv := &Server{}
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

// ChooseServer finds the server that the flags name, or else the enrolment's, or
// else the only saved one. It adds what is saved of it.
func ChooseServer(call *cli.Call, s *store.Store, enrolled string) (*Server, error) {
	name := cmp.Or(call.Global.Server, enrolled)
	if name == "" {
		return onlyServer(call, s)
	}
	sv := &Server{Version: 1, URL: name}
	if named, ok := call.Settings.Servers[name]; ok {
		sv = &Server{
			Version: 1, URL: named.URL, Name: name, rootFile: named.CARoot, pinNamed: named.CAPin,
			ClientCert: named.ClientCert, ClientKey: named.ClientKey, ClientPassphrase: named.ClientPassphraseFile,
		}
	} else if !strings.Contains(name, ":") {
		return nil, cli.Usagef("give its directory URL, or add it to the configuration file", "no server named %q", name)
	}
	if err := cli.CheckServerURL(sv.URL); err != nil {
		return nil, cli.Usagef("", "%v", err)
	}
	return sv, complete(call, s, sv)
}

func onlyServer(call *cli.Call, s *store.Store) (*Server, error) {
	known, err := Servers(s)
	if err != nil {
		return nil, err
	}
	switch len(known) {
	case 0:
		return nil, cli.Usagef("as in --server https://ca.example/directory; to try nfcert without a CA: nfcert enroll --lab", "no ACME server yet: name one with --server")
	case 1:
		return known[0], complete(call, s, known[0])
	}
	var urls []string
	for _, sv := range known {
		urls = append(urls, sv.URL)
	}
	return nil, cli.Usagef("one of: "+strings.Join(urls, ", "), "several ACME servers are saved: choose one with --server")
}

// complete adds the saved data and the flags to a server, and loads its roots.
func complete(call *cli.Call, s *store.Store, sv *Server) error {
	saved := &Server{}
	switch err := s.Load(ServerFile(sv.URL), saved); {
	case err == nil:
		sv.Root, sv.RootSHA256 = saved.Root, saved.RootSHA256
		if sv.ClientCert == "" {
			sv.ClientCert, sv.ClientKey, sv.ClientPassphrase = saved.ClientCert, saved.ClientKey, saved.ClientPassphrase
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	switch call.Global.CARoot {
	case "":
	case SystemRoots:
		sv.rootFile, sv.Root, sv.RootSHA256, saved.Pin, sv.pinNamed = "", "", "", "", ""
	default:
		sv.rootFile = call.Global.CARoot
	}
	if err := setPin(call, sv, saved); err != nil {
		return err
	}
	sv.Resolve = call.Resolutions(saved.Resolve)
	if err := setIdentity(call, sv); err != nil {
		return err
	}
	if err := sv.LoadRoots(s); err != nil {
		return err
	}
	return sv.pickPinned()
}

// setIdentity sets the client certificate of the flags, with absolute paths.
func setIdentity(call *cli.Call, sv *Server) (err error) {
	if call.Global.ClientCert != "" {
		sv.ClientPassphrase = ""
		if sv.ClientCert, err = filepath.Abs(call.Global.ClientCert); err != nil {
			return err
		}
		if sv.ClientKey = call.Global.ClientKey; sv.ClientKey != "" && !pkcs11.IsURI(sv.ClientKey) {
			if sv.ClientKey, err = filepath.Abs(sv.ClientKey); err != nil {
				return err
			}
		}
	}
	switch file := call.Global.ClientPassphrase; file {
	case "":
	case "-":
		sv.ClientPassphrase = file
	default:
		sv.ClientPassphrase, err = filepath.Abs(file)
	}
	return err
}

// LoadRoots reads the roots that the user named, or else the saved copy.
func (sv *Server) LoadRoots(s *store.Store) (err error) {
	name := sv.rootFile
	switch {
	case sv.RootPEM != nil: // in memory, for the lab
		name = "the lab's root"
	case sv.rootFile != "":
		sv.RootPEM, err = cli.ReadFile(sv.rootFile, cli.MaxPEM)
	case sv.Root != "":
		name = sv.Root
		sv.RootPEM, err = s.ReadFile(serverRootFile(sv.URL))
	default:
		return nil
	}
	if err != nil {
		return err
	}
	sv.Roots, err = enroll.ParseCertificates(sv.RootPEM)
	if err != nil {
		return &cli.InputError{File: name, Err: err}
	}
	sum := sha256.Sum256(sv.Roots[0].Raw)
	sv.RootSHA256 = hex.EncodeToString(sum[:])
	return nil
}

// Pool has the roots that validate the server; nil means the system's roots.
func (sv *Server) Pool() *x509.CertPool {
	if len(sv.Roots) == 0 {
		return nil
	}
	pool := x509.NewCertPool()
	for _, c := range sv.Roots {
		pool.AddCert(c)
	}
	return pool
}

// Identity is the client certificate for the server.
func (sv *Server) Identity() credential.Identity {
	return credential.Identity{Cert: sv.ClientCert, Key: sv.ClientKey, PassphraseFile: sv.ClientPassphrase}
}

// save saves the server and its root.
func (sv *Server) save(s *store.Store) error {
	doc, saved := *sv, &Server{}
	if doc.ClientPassphrase == "-" { // the next command has another standard input
		doc.ClientPassphrase = ""
	}
	if err := s.Load(ServerFile(sv.URL), saved); err == nil && doc.same(saved) && sv.sameRoots(s) {
		return nil
	}
	lock, err := s.Lock(context.Background(), ServerDir(sv.URL)) // another run holds it only for a moment
	if _, locked := cli.As[*store.LockedError](err); locked {
		return nil // that run saves the same server
	}
	if err != nil {
		return err
	}
	defer func() { _ = lock.Unlock() }()
	if len(sv.Roots) == 0 {
		doc.Root = ""
		return s.Save(ServerFile(sv.URL), &doc)
	}
	doc.Root = s.Path(serverRootFile(sv.URL))
	return s.Save(ServerFile(sv.URL), &doc, store.Attachment{Rel: serverRootFile(sv.URL), Data: sv.RootPEM})
}

// sameRoots reports whether the saved copy equals the roots now in use.
func (sv *Server) sameRoots(s *store.Store) bool {
	if len(sv.Roots) == 0 {
		return true
	}
	copied, err := s.ReadFile(serverRootFile(sv.URL))
	return err == nil && bytes.Equal(copied, sv.RootPEM)
}

// same reports whether the saved document has the same data.
func (sv *Server) same(saved *Server) bool {
	return sv.URL == saved.URL && (sv.Name == "" || sv.Name == saved.Name) && sv.RootSHA256 == saved.RootSHA256 &&
		sv.ClientCert == saved.ClientCert && sv.ClientKey == saved.ClientKey && sv.ClientPassphrase == saved.ClientPassphrase &&
		sv.Pin == saved.Pin && maps.Equal(sv.Resolve, saved.Resolve)
}
