package enroll

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/inspect"
)

// Revocation is what is known of a certificate's end before its time.
type Revocation struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"` // of RFC 5280 5.3.1; "": the CA had revoked it before, and does not say why
}

// revokedSince reports whether it was revoked at t or later.
func (c *Certificate) revokedSince(t time.Time) bool {
	return c.Revoked != nil && !c.Revoked.At.Before(t)
}

// Reason is why a certificate is revoked (RFC 5280 section 5.3.1).
type Reason struct {
	Code int
	Name string
	Why  string // in a few words
}

// Reasons lists those that a certificate can be revoked for. Not among them are
// 7, which is unused, and 8, removeFromCRL, which takes a revocation back in a
// delta CRL and is none.
func Reasons() []Reason {
	return []Reason{
		{0, "unspecified", "none is given"},
		{1, "keyCompromise", "somebody else has, or may have, the key"},
		{2, "cACompromise", "the key of a CA is compromised; of CA certificates"},
		{3, "affiliationChanged", "the subject's name or other facts in it have changed"},
		{4, "superseded", "another certificate has taken its place"},
		{5, "cessationOfOperation", "the network function is no more"},
		{6, "certificateHold", "not for good; most CAs refuse it"},
		{9, "privilegeWithdrawn", "a right that the certificate states is withdrawn"},
		{10, "aACompromise", "the key of an attribute authority is compromised"},
	}
}

// ParseReason reads a reason by its name, in any case, or its number.
func ParseReason(s string) (Reason, error) {
	var names []string
	for _, r := range Reasons() {
		if strings.EqualFold(s, r.Name) || s == strconv.Itoa(r.Code) {
			return r, nil
		}
		names = append(names, r.Name)
	}
	if strings.EqualFold(s, "removeFromCRL") || s == "8" {
		return Reason{}, errors.New("removeFromCRL takes a hold back in a delta CRL (RFC 5280 5.3.1); nothing is revoked for it")
	}
	return Reason{}, fmt.Errorf("unknown reason %q, want one of %s", s, strings.Join(names, ", "))
}

// RevokeOptions say what to revoke, for what and by whom. The zero value revokes
// the enrolment's certificate in its account's name, without a reason.
type RevokeOptions struct {
	Reason Reason
	// SHA256 chooses among an enrolment's certificates, in hex: the one in use or
	// the one before; "": the one in use.
	SHA256 string
	// ByKey signs with the certificate's key in place of the account's: Key or,
	// of an enrolment, the one among its files.
	ByKey  bool
	Key    crypto.Signer
	KeyURI string // instead of Key: where [Engine.OpenKey] finds it
	// Confirm is asked, under the enrolment's lock, before a certificate of it is
	// revoked that is not revoked yet; an error stops it. nil: nobody is asked.
	Confirm func(*Certificate) error
}

// RevokeKeyError says that a certificate cannot be revoked by its own key.
type RevokeKeyError struct{ Why string }

func (e *RevokeKeyError) Error() string { return "revoking by the certificate's key: " + e.Why }

// Revoke revokes a certificate of an enrolment (RFC 8555 section 7.6) and notes
// that. unchanged reports that it was revoked already.
func (e *Engine) Revoke(ctx context.Context, name string, o RevokeOptions) (en *Enrolment, unchanged bool, err error) {
	r, err := e.begin(ctx, name)
	if err != nil {
		return nil, false, err
	}
	defer r.end(&err)
	defer e.deviations(StepRevoke)
	en = r.en
	if en.Certificate == nil {
		return en, false, &OutOfTurnError{Name: name, Step: StepRevoke, Needs: en.nextStep(), Found: "it has no certificate that could be revoked"}
	}
	if url := e.CA.DirectoryURL(); en.Server != url {
		return en, false, &ConflictError{Name: name, Field: "server", Saved: en.Server, Asked: url, Why: "a certificate is revoked where it was issued"}
	}
	cert, files, keyURI := en.Certificate, en, en.CSR.KeyURI
	if p := en.Previous; p != nil && o.SHA256 != "" && o.SHA256 == p.Certificate.SHA256 {
		cert, keyURI = p.Certificate, p.CSR.KeyURI
		files = &Enrolment{Name: name, Generation: p.Number, CSR: p.CSR, Certificate: p.Certificate}
	}
	if cert.Revoked != nil {
		return en, true, nil
	}
	if o.Confirm != nil {
		if err := o.Confirm(cert); err != nil {
			return en, false, err
		}
	}
	chain, err := e.reader(files).savedChain()
	if err != nil {
		return en, false, err
	}
	if o.ByKey && o.Key == nil && o.KeyURI == "" {
		switch {
		case keyURI != "":
			o.KeyURI = keyURI
		case files.CSR.KeyFile == "":
			return en, false, &RevokeKeyError{"its CSR was adopted without its key"}
		default:
			if o.Key, err = e.readKey(files.file(keyPEM)); err != nil {
				return en, false, err
			}
		}
	}
	if unchanged, err = r.revoke(ctx, en.Account, chain[0], o); err != nil {
		return en, false, err
	}
	cert.Revoked = &Revocation{At: isoTime(e.now())}
	if !unchanged {
		cert.Revoked.Reason = o.Reason.Name
	}
	r.withNext()
	return en, unchanged, nil
}

// RevokeCertificate revokes a certificate that no enrolment has.
func (e *Engine) RevokeCertificate(ctx context.Context, account string, cert *x509.Certificate, o RevokeOptions) (unchanged bool, err error) {
	defer e.deviations(StepRevoke)
	if o.ByKey && o.Key == nil && o.KeyURI == "" {
		return false, &RevokeKeyError{"no key given"}
	}
	return e.client().revoke(ctx, account, cert, o)
}

func (c *client) revoke(ctx context.Context, account string, cert *x509.Certificate, o RevokeOptions) (unchanged bool, err error) {
	if o.KeyURI != "" {
		key, done, err := c.openKey(o.KeyURI)
		if err != nil {
			return false, err
		}
		defer done()
		o.Key = key
	}
	if o.ByKey {
		if !csrgen.SameKey(o.Key.Public(), cert.PublicKey) {
			return false, &RevokeKeyError{"the key is not the certificate's"}
		}
		c.CA = c.CA.WithAccount(o.Key, "")
	} else if _, err := c.use(ctx, account); err != nil {
		return false, err
	}
	err = c.CA.Revoke(ctx, cert.Raw, o.Reason.Code)
	var p *acmewire.Problem
	if errors.As(err, &p) && p.HasType("alreadyRevoked") {
		return true, nil
	}
	if err == nil {
		c.tell(StepRevoke, "certificate %s revoked: %s", inspect.Serial(cert.SerialNumber), o.Reason.Name)
	}
	return false, err
}

// Holder is the enrolment that has a certificate, in use or as its previous one;
// "": none has. Enrolments that cannot be read have none.
func Holder(s Store, cert *x509.Certificate) (string, error) {
	names, err := Names(s)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(cert.Raw)
	want := hex.EncodeToString(sum[:])
	for _, name := range names {
		en, err := Load(s, name)
		if err != nil {
			continue
		}
		if en.Certificate != nil && en.Certificate.SHA256 == want || en.Previous != nil && en.Previous.Certificate.SHA256 == want {
			return name, nil
		}
	}
	return "", nil
}
