package commands

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/store"
)

// systemRoots is the word for --ca-root that goes back to the system's.
const systemRoots = "system"

// trustCert is a certificate as it is told where trust is in question.
type trustCert struct {
	Subject    string    `json:"subject"`
	Issuer     string    `json:"issuer"`
	NotBefore  time.Time `json:"notBefore"`
	NotAfter   time.Time `json:"notAfter"`
	SHA256     string    `json:"sha256"`         // of the DER, as --ca-pin sha256: takes it
	SPKISHA256 string    `json:"spkiSha256"`     // of the public key, as spki-sha256: does
	From       string    `json:"from,omitempty"` // where the certificate is known from
}

func trustCertOf(c *x509.Certificate) trustCert {
	der, key := sha256.Sum256(c.Raw), sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return trustCert{
		Subject: c.Subject.String(), Issuer: c.Issuer.String(), NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(),
		SHA256: hex.EncodeToString(der[:]), SPKISHA256: hex.EncodeToString(key[:]),
	}
}

func trustCertsOf(certs []*x509.Certificate) (list []trustCert) {
	for _, c := range certs {
		list = append(list, trustCertOf(c))
	}
	return list
}

// trustReport says what a server showed, what it was held against, and what
// would have trusted it.
type trustReport struct {
	Served     []trustCert `json:"served"`
	Tried      []trustCert `json:"tried,omitempty"` // absent: those of TriedFrom are not listed
	TriedFrom  string      `json:"triedFrom"`
	WouldTrust []trustCert `json:"wouldTrust,omitempty"`
}

// trustError adds the report to an error of the wire.
type trustError struct {
	Err    error
	Report trustReport
	// Replaced is the certificate that was pinned, where the server has another
	// now; nil: it is not so.
	Replaced *x509.Certificate
}

func (e *trustError) Error() string { return e.Err.Error() }
func (e *trustError) Unwrap() error { return e.Err }

// trusts puts what the server is trusted by into the wire's configuration.
func (sv *server) trusts(cfg *acmewire.Config) {
	if sv.pin == nil {
		cfg.Roots = sv.pool()
		return
	}
	cfg.Pin = sv.pin
	for _, c := range sv.roots {
		if c.IsCA { // one that is not is trusted only as what the server shows
			cfg.PinRoots = append(cfg.PinRoots, c)
		}
	}
}

// namePin takes the pin of the flags or the configuration, else the remembered
// one. A pin beside a root file picks the one certificate of it that is trusted.
func (a *Call) namePin(sv, saved *server) error {
	switch {
	case a.Global.caPin != "":
		sv.Pin = a.Global.caPin
	case sv.rootFile != "" && sv.pinNamed == "":
		sv.Pin = "" // a root replaces what was pinned before
		return nil
	case sv.pinNamed != "":
		sv.Pin = sv.pinNamed
	default:
		sv.Pin = saved.Pin
	}
	if sv.Pin == "" {
		return nil
	}
	pin, err := acmewire.ParsePin(sv.Pin)
	if err != nil {
		return usagef("as openssl x509 -noout -fingerprint -sha256 tells it: --ca-pin sha256:DIGITS", "%v", err)
	}
	sv.Pin, sv.pin = pin.String(), &pin
	if sv.rootFile == "" && sv.Pin != saved.Pin {
		sv.Root, sv.RootSHA256 = "", "" // what was trusted before is not any more
	}
	return nil
}

// pickPinned leaves of the roots of a file the one that the pin is of.
func (sv *server) pickPinned() error {
	if sv.pin == nil || sv.rootFile == "" {
		return nil
	}
	for _, c := range sv.roots {
		if sv.pin.Matches(c) {
			sv.keepPinned(c)
			return nil
		}
	}
	return &pinFileError{File: sv.rootFile, Pin: *sv.pin, Found: sv.roots}
}

// pinFileError says that the roots of a file are not what was pinned.
type pinFileError struct {
	File  string
	Pin   acmewire.Pin
	Found []*x509.Certificate
}

func (e *pinFileError) Error() string {
	return (&inputError{File: e.File, Err: errors.New("no certificate of it has the fingerprint " + e.Pin.String())}).Error()
}

// keepPinned makes a certificate the server's only root.
func (sv *server) keepPinned(c *x509.Certificate) {
	sv.roots = []*x509.Certificate{c}
	sv.rootPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	sv.RootSHA256 = trustCertOf(c).SHA256
}

// adoptPinned takes over the certificate that the pin turned out to be of, and
// tells it when it is new. It is called before the server is saved.
func (s *session) adoptPinned() {
	c := s.engine.CA.Wire().Pinned()
	if c == nil || len(s.server.roots) == 1 && s.server.roots[0].Equal(c) {
		return
	}
	s.server.keepPinned(c)
	for i, served := range s.engine.CA.Wire().Connection().PeerCertificates {
		s.call.Progress.note("served %d: %s", i+1, trustCertOf(served).line())
	}
	s.call.Progress.note("pinned: %s; it alone is trusted from now on", trustCertOf(c).line())
}

// line is the certificate in one line.
func (c trustCert) line() string {
	return c.Subject + ", by " + c.Issuer + ", valid " + day(c.NotBefore) + " to " + day(c.NotAfter) + ", sha256:" + c.SHA256
}

func day(t time.Time) string { return t.Format(time.DateOnly) }

// judgeTrust finds out of an error of trust what would have trusted the server.
func (s *session) judgeTrust(err error) error {
	e, ok := as[*acmewire.NetworkError](err)
	if !ok || len(e.Chain) == 0 || s.server == nil {
		return err
	}
	out := &trustError{Err: err, Report: trustReport{Served: trustCertsOf(e.Chain), Tried: trustCertsOf(s.server.roots), TriedFrom: s.server.trustedBy()}}
	if s.server.pin != nil && len(s.server.roots) == 1 && !s.server.roots[0].IsCA {
		out.Replaced = s.server.roots[0]
	}
	if unknown := (x509.UnknownAuthorityError{}); errors.As(e.Err, &unknown) {
		out.Report.WouldTrust = s.wouldTrust(e.Chain)
	}
	return out
}

// trustedBy words where the trust in a server comes from.
func (sv *server) trustedBy() string {
	switch {
	case sv.pin != nil:
		return "the pin " + sv.Pin
	case sv.rootFile != "":
		return sv.rootFile
	case sv.Root != "":
		return "what was remembered of " + sv.URL
	case len(sv.roots) > 0:
		return "the lab"
	}
	return "the system's roots"
}

// wouldTrust lists the roots known here, and not tried, that a chain verifies to.
func (s *session) wouldTrust(chain []*x509.Certificate) (would []trustCert) {
	try := func(pool *x509.CertPool, from string) {
		o := x509.VerifyOptions{Roots: pool, Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
		for _, c := range chain[1:] {
			o.Intermediates.AddCert(c)
		}
		if found, err := chain[0].Verify(o); err == nil {
			root := trustCertOf(found[0][len(found[0])-1])
			root.From = from
			would = append(would, root)
		}
	}
	if len(s.server.roots) > 0 || s.server.pin != nil {
		if system, err := x509.SystemCertPool(); err == nil {
			try(system, "the system's roots")
		}
	}
	known, err := servers(s.store)
	if err != nil {
		return would // a hint is not worth another error
	}
	for _, other := range known {
		if roots := savedRoots(s.store, other); len(roots) > 0 && other.RootSHA256 != s.server.RootSHA256 {
			try((&server{roots: roots}).pool(), "what was remembered of "+other.URL)
		}
	}
	return would
}

// savedRoots reads the remembered roots of a server; none when they cannot be
// read.
func savedRoots(s *store.Store, sv *server) []*x509.Certificate {
	data, err := s.ReadFile(serverRootFile(sv.URL))
	if err != nil || sv.Root == "" {
		return nil
	}
	roots, _ := enroll.ParseCertificates(data)
	return roots
}
