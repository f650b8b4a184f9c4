package session

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/store"
)

// SystemRoots is the word for --ca-root that goes back to the system's.
const SystemRoots = "system"

// TrustCert is a certificate as it is told where trust is in question.
type TrustCert struct {
	Subject    string    `json:"subject"`
	Issuer     string    `json:"issuer"`
	NotBefore  time.Time `json:"notBefore"`
	NotAfter   time.Time `json:"notAfter"`
	SHA256     string    `json:"sha256"`         // of the DER, as --ca-pin sha256: takes it
	SPKISHA256 string    `json:"spkiSha256"`     // of the public key, as spki-sha256: does
	From       string    `json:"from,omitempty"` // where the certificate is known from
}

func TrustCertOf(c *x509.Certificate) TrustCert {
	der, key := sha256.Sum256(c.Raw), sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return TrustCert{
		Subject: inspect.DistinguishedName(c.RawSubject), Issuer: inspect.DistinguishedName(c.RawIssuer), NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(),
		SHA256: hex.EncodeToString(der[:]), SPKISHA256: hex.EncodeToString(key[:]),
	}
}

func TrustCertsOf(certs []*x509.Certificate) (list []TrustCert) {
	for _, c := range certs {
		list = append(list, TrustCertOf(c))
	}
	return list
}

// TrustReport says what a server showed, what it was held against, and what
// would have trusted it.
type TrustReport struct {
	Served     []TrustCert `json:"served"`
	Tried      []TrustCert `json:"tried,omitempty"` // absent: those of TriedFrom are not listed
	TriedFrom  string      `json:"triedFrom"`
	WouldTrust []TrustCert `json:"wouldTrust,omitempty"`
}

// TrustError adds the report to an error of the wire.
type TrustError struct {
	Err    error
	Report TrustReport
	// Replaced is the certificate that was pinned, where the server has another
	// now; nil: it is not so.
	Replaced *x509.Certificate
}

func (e *TrustError) Error() string { return e.Err.Error() }

func (e *TrustError) Unwrap() error { return e.Err }

// trusts puts what the server is trusted by into the wire's configuration.
func (sv *Server) trusts(cfg *acmewire.Config) {
	if sv.pin == nil {
		cfg.Roots = sv.Pool()
		return
	}
	cfg.Pin = sv.pin
	for _, c := range sv.Roots {
		if c.IsCA { // one that is not is trusted only as what the server shows
			cfg.PinRoots = append(cfg.PinRoots, c)
		}
	}
}

// namePin takes the pin of the flags or the configuration, else the remembered
// one. A pin beside a root file picks the one certificate of it that is trusted.
func namePin(call *cli.Call, sv, saved *Server) error {
	switch {
	case call.Global.CAPin != "":
		sv.Pin = call.Global.CAPin
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
		return cli.Usagef("as openssl x509 -noout -fingerprint -sha256 tells it: --ca-pin sha256:DIGITS", "%v", err)
	}
	sv.Pin, sv.pin = pin.String(), &pin
	if sv.rootFile == "" && sv.Pin != saved.Pin {
		sv.Root, sv.RootSHA256 = "", "" // what was trusted before is not any more
	}
	return nil
}

// pickPinned leaves of the roots of a file the one that the pin is of.
func (sv *Server) pickPinned() error {
	if sv.pin == nil || sv.rootFile == "" {
		return nil
	}
	for _, c := range sv.Roots {
		if sv.pin.Matches(c) {
			sv.keepPinned(c)
			return nil
		}
	}
	return &PinFileError{File: sv.rootFile, Pin: *sv.pin, Found: sv.Roots}
}

// PinFileError says that the roots of a file are not what was pinned.
type PinFileError struct {
	File  string
	Pin   acmewire.Pin
	Found []*x509.Certificate
}

func (e *PinFileError) Error() string {
	return (&cli.InputError{File: e.File, Err: errors.New("no certificate of it has the fingerprint " + e.Pin.String())}).Error()
}

// keepPinned makes a certificate the server's only root.
func (sv *Server) keepPinned(c *x509.Certificate) {
	sv.Roots = []*x509.Certificate{c}
	sv.RootPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	sv.RootSHA256 = TrustCertOf(c).SHA256
}

// AdoptPinned takes over the certificate that the pin turned out to be of, and
// tells it when it is new. It is called before the server is saved.
func (s *Session) AdoptPinned() {
	c := s.Engine.CA.Wire().Pinned()
	if c == nil || len(s.Server.Roots) == 1 && s.Server.Roots[0].Equal(c) {
		return
	}
	s.Server.keepPinned(c)
	for i, served := range s.Engine.CA.Wire().Connection().PeerCertificates {
		s.Call.Progress.Note("served %d: %s", i+1, TrustCertOf(served).Line())
	}
	s.Call.Progress.Note("pinned: %s; it alone is trusted from now on", TrustCertOf(c).Line())
}

// Line is the certificate in one line.
func (c TrustCert) Line() string {
	return c.Subject + ", by " + c.Issuer + ", valid " + day(c.NotBefore) + " to " + day(c.NotAfter) + ", sha256:" + c.SHA256
}

func day(t time.Time) string { return t.Format(time.DateOnly) }

// judgeTrust finds out of an error of trust what would have trusted the server.
func (s *Session) judgeTrust(err error) error {
	e, ok := cli.As[*acmewire.NetworkError](err)
	if !ok || len(e.Chain) == 0 || s.Server == nil {
		return err
	}
	out := &TrustError{Err: err, Report: TrustReport{Served: TrustCertsOf(e.Chain), Tried: TrustCertsOf(s.Server.Roots), TriedFrom: s.Server.trustedBy()}}
	if s.Server.pin != nil && len(s.Server.Roots) == 1 && !s.Server.Roots[0].IsCA {
		out.Replaced = s.Server.Roots[0]
	}
	if unknown := (x509.UnknownAuthorityError{}); errors.As(e.Err, &unknown) {
		out.Report.WouldTrust = s.wouldTrust(e.Chain)
	}
	return out
}

// trustedBy words where the trust in a server comes from.
func (sv *Server) trustedBy() string {
	switch {
	case sv.pin != nil:
		return "the pin " + sv.Pin
	case sv.rootFile != "":
		return sv.rootFile
	case sv.Root != "":
		return "what was remembered of " + sv.URL
	case len(sv.Roots) > 0:
		return "the lab"
	}
	return "the system's roots"
}

// wouldTrust lists the roots known here, and not tried, that a chain verifies to.
func (s *Session) wouldTrust(chain []*x509.Certificate) (would []TrustCert) {
	try := func(pool *x509.CertPool, from string) {
		o := x509.VerifyOptions{Roots: pool, Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
		for _, c := range chain[1:] {
			o.Intermediates.AddCert(c)
		}
		if found, err := chain[0].Verify(o); err == nil {
			root := TrustCertOf(found[0][len(found[0])-1])
			root.From = from
			would = append(would, root)
		}
	}
	if len(s.Server.Roots) > 0 || s.Server.pin != nil {
		if system, err := x509.SystemCertPool(); err == nil {
			try(system, "the system's roots")
		}
	}
	known, err := Servers(s.Store)
	if err != nil {
		return would // a hint is not worth another error
	}
	for _, other := range known {
		if roots := savedRoots(s.Store, other); len(roots) > 0 && other.RootSHA256 != s.Server.RootSHA256 {
			try((&Server{Roots: roots}).Pool(), "what was remembered of "+other.URL)
		}
	}
	return would
}

// savedRoots reads the remembered roots of a server; none when they cannot be
// read.
func savedRoots(s *store.Store, sv *Server) []*x509.Certificate {
	data, err := s.ReadFile(serverRootFile(sv.URL))
	if err != nil || sv.Root == "" {
		return nil
	}
	roots, _ := enroll.ParseCertificates(data)
	return roots
}
