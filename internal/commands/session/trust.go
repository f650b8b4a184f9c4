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

// SystemRoots as the value of --ca-root returns to the system's roots.
const SystemRoots = "system"

// TrustCert is a certificate in a report about trust.
type TrustCert struct {
	Subject    string    `json:"subject"`
	Issuer     string    `json:"issuer"`
	NotBefore  time.Time `json:"notBefore"`
	NotAfter   time.Time `json:"notAfter"`
	SHA256     string    `json:"sha256"`         // of the DER, as in --ca-pin sha256:
	SPKISHA256 string    `json:"spkiSha256"`     // of the public key, as in --ca-pin spki-sha256:
	From       string    `json:"from,omitempty"` // where this machine has the certificate
}

// TrustCertOf describes a certificate.
func TrustCertOf(c *x509.Certificate) TrustCert {
	der, key := sha256.Sum256(c.Raw), sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return TrustCert{
		Subject: inspect.DistinguishedName(c.RawSubject), Issuer: inspect.DistinguishedName(c.RawIssuer), NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(),
		SHA256: hex.EncodeToString(der[:]), SPKISHA256: hex.EncodeToString(key[:]),
	}
}

// TrustCertsOf describes certificates.
func TrustCertsOf(certs []*x509.Certificate) (list []TrustCert) {
	for _, c := range certs {
		list = append(list, TrustCertOf(c))
	}
	return list
}

// TrustReport is why a server was not trusted: the certificates that it served, the
// roots that were tried, and other roots on this machine that would trust it.
type TrustReport struct {
	Served     []TrustCert `json:"served"`
	Tried      []TrustCert `json:"tried,omitempty"` // absent: too many to list, see TriedFrom
	TriedFrom  string      `json:"triedFrom"`
	WouldTrust []TrustCert `json:"wouldTrust,omitempty"`
}

// TrustError adds a report to an error.
type TrustError struct {
	Err    error
	Report TrustReport
	// Replaced is the pinned server certificate, if the server has another one now.
	Replaced *x509.Certificate
}

func (e *TrustError) Error() string { return e.Err.Error() }

func (e *TrustError) Unwrap() error { return e.Err }

// setTrust sets the roots or the pin that the server must match.
func (sv *Server) setTrust(cfg *acmewire.Config) {
	if sv.pin == nil {
		cfg.Roots = sv.Pool()
		return
	}
	cfg.Pin = sv.pin
	for _, c := range sv.Roots {
		if c.IsCA { // another one is trusted only as the server's own certificate
			cfg.PinRoots = append(cfg.PinRoots, c)
		}
	}
}

// setPin sets the pin of the flags or the configuration file, or else the saved one.
// With a root file, the pin selects the one certificate in it that is trusted.
func setPin(call *cli.Call, sv, saved *Server) error {
	switch {
	case call.Global.CAPin != "":
		sv.Pin = call.Global.CAPin
	case sv.rootFile != "" && sv.pinNamed == "":
		sv.Pin = "" // a root replaces an earlier pin
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
		return cli.Usagef("--ca-pin sha256:DIGITS, with the digits that openssl x509 -noout -fingerprint -sha256 prints", "%v", err)
	}
	sv.Pin, sv.pin = pin.String(), &pin
	if sv.rootFile == "" && sv.Pin != saved.Pin {
		sv.Root, sv.RootSHA256 = "", "" // no longer trusted
	}
	return nil
}

// pickPinned keeps only the pinned certificate of a root file.
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

// PinFileError is a root file without the pinned certificate.
type PinFileError struct {
	File  string
	Pin   acmewire.Pin
	Found []*x509.Certificate
}

func (e *PinFileError) Error() string {
	return (&cli.InputError{File: e.File, Err: errors.New("no certificate in it has the fingerprint " + e.Pin.String())}).Error()
}

// keepPinned sets the server's only root.
func (sv *Server) keepPinned(c *x509.Certificate) {
	sv.Roots = []*x509.Certificate{c}
	sv.RootPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	sv.RootSHA256 = TrustCertOf(c).SHA256
}

// AdoptPinned makes the certificate that matched the pin the server's root, and
// reports it the first time. It must be called before the server is saved.
func (s *Session) AdoptPinned() {
	c := s.Engine.CA.Wire().Pinned()
	if c == nil || len(s.Server.Roots) == 1 && s.Server.Roots[0].Equal(c) {
		return
	}
	s.Server.keepPinned(c)
	for i, served := range s.Engine.CA.Wire().Connection().PeerCertificates {
		s.Call.Progress.Note("served %d: %s", i+1, TrustCertOf(served).Line())
	}
	s.Call.Progress.Note("pinned: %s; from now on, only this certificate is trusted", TrustCertOf(c).Line())
}

// Line describes the certificate in one line.
func (c TrustCert) Line() string {
	return c.Subject + ", by " + c.Issuer + ", valid " + day(c.NotBefore) + " to " + day(c.NotAfter) + ", sha256:" + c.SHA256
}

func day(t time.Time) string { return t.Format(time.DateOnly) }

// explainTrust adds a report to an error about a certificate chain.
func (s *Session) explainTrust(err error) error {
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

// trustedBy names where the trust in a server comes from.
func (sv *Server) trustedBy() string {
	switch {
	case sv.pin != nil:
		return "the pin " + sv.Pin
	case sv.rootFile != "":
		return sv.rootFile
	case sv.Root != "":
		return "the saved root of " + sv.URL
	case len(sv.Roots) > 0:
		return "the lab"
	}
	return "the system's roots"
}

// wouldTrust lists the roots on this machine that verify a chain and were not tried.
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
		return would // only a hint would be missing
	}
	for _, other := range known {
		if roots := savedRoots(s.Store, other); len(roots) > 0 && other.RootSHA256 != s.Server.RootSHA256 {
			try((&Server{Roots: roots}).Pool(), "the saved root of "+other.URL)
		}
	}
	return would
}

// savedRoots reads the saved roots of a server; none if they cannot be read.
func savedRoots(s *store.Store, sv *Server) []*x509.Certificate {
	data, err := s.ReadFile(serverRootFile(sv.URL))
	if err != nil || sv.Root == "" {
		return nil
	}
	roots, _ := enroll.ParseCertificates(data)
	return roots
}
