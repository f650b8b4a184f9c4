package enroll_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/nf"
)

const vendorName = "smf1.smf.5gc.mnc001.mcc001.3gppnetwork.org"

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// vendorCSR is a CSR as somebody else makes one.
func vendorCSR(t *testing.T, key crypto.Signer, names ...string) []byte {
	t.Helper()
	urn := &url.URL{Scheme: "urn", Opaque: "uuid:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b"}
	types, err := nf.MarshalNFTypes([]string{"SMF"})
	if err != nil {
		t.Fatal(err)
	}
	oid, err := nf.OIDNFTypes.ASN1()
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.CertificateRequest{DNSNames: names, URIs: []*url.URL{urn}}
	template.Subject.Country = []string{"SE"}
	template.ExtraExtensions = []pkix.Extension{{Id: oid, Value: types}}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// noKeyFile makes sure that no enrolment of the bench has a key.
func (b *bench) noKeyFile() {
	b.t.Helper()
	found, err := filepath.Glob(filepath.Join(b.state, "enrolments", "*", "key.pem"))
	if err != nil || len(found) > 0 {
		b.t.Errorf("found %q (%v), want no key file", found, err)
	}
}

// A CSR without its key goes all the way: ordered by its names, finalized, and
// the certificate's key is the CSR's. No key is written anywhere.
func TestAdopt(t *testing.T) {
	for _, whole := range []bool{false, true} {
		t.Run(fmt.Sprintf("whole %t", whole), func(t *testing.T) {
			b := newBench(t, lab.Options{})
			key := newKey(t)
			dir := t.TempDir()
			der := vendorCSR(t, key, vendorName)
			w := enroll.Options{
				Account: enroll.AccountOptions{TermsAgreed: true}, CSR: enroll.CSROptions{Adopt: der},
				Finalize: enroll.FinalizeOptions{Roots: b.roots, Outputs: []enroll.Output{
					{Kind: enroll.KindCert, Path: filepath.Join(dir, "smf.crt")}, {Kind: enroll.KindKey, Path: filepath.Join(dir, "smf.key")},
				}},
			}
			en, err := b.run(b.engine(), "smf-01", w, whole)
			if err != nil {
				t.Fatal(err)
			}
			if en.Step != enroll.StepDone || !en.CSR.Adopted || en.CSR.KeyFile != "" || en.CSR.Profile != "" || en.CSR.KeyType != "P384" {
				t.Errorf("got step %q and CSR %+v, want done, adopted, without key and profile", en.Step, en.CSR)
			}
			want := &nf.Function{
				Type: "SMF", InstanceID: "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b", Country: "SE",
				PLMN: &nf.PLMN{MCC: "001", MNC: "01"}, FQDNs: []string{vendorName},
			}
			if diff := cmp.Diff(en.NF, want); diff != "" {
				t.Errorf("the CSR's function, got - want +:\n%s", diff)
			}
			data, err := os.ReadFile(filepath.Join(dir, "smf.crt"))
			if err != nil {
				t.Fatal(err)
			}
			certs, err := enroll.ParseCertificates(data)
			if err != nil || !csrgen.SameKey(certs[0].PublicKey, key.Public()) {
				t.Errorf("the certificate (%v) is not for the CSR's key", err)
			}
			if _, err := os.Stat(filepath.Join(dir, "smf.key")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("smf.key: %v, want none", err)
			}
			if files := en.Certificate.Files; files[enroll.KindKey] != "" {
				t.Errorf("files %v, want no key", files)
			}
			b.noKeyFile()

			// Again, with the CSR or without a word: unchanged. With another: not.
			for _, o := range []enroll.CSROptions{{Adopt: der}, {}} {
				if _, unchanged, err := b.engine().CSR(t.Context(), "smf-01", o); err != nil || !unchanged {
					t.Errorf("again: unchanged %t, %v, want unchanged", unchanged, err)
				}
			}
			var conflict *enroll.ConflictError
			if _, _, err := b.engine().CSR(t.Context(), "smf-01", enroll.CSROptions{Adopt: vendorCSR(t, key, vendorName)}); !errors.As(err, &conflict) || conflict.Field != "csr" {
				t.Errorf("another CSR gives %v, want a conflict of csr", err)
			}
			if _, _, err := b.engine().CSR(t.Context(), "smf-01", sample()); !errors.As(err, &conflict) {
				t.Errorf("a CSR of one's own gives %v, want a conflict", err)
			}

			// The key asked for is an error that says why, until it is brought.
			needs := enroll.FinalizeOptions{NeedKey: true, Outputs: []enroll.Output{{Kind: enroll.KindKey, Path: filepath.Join(dir, "smf.key")}}}
			var keyless *enroll.KeylessError
			if _, _, err := b.engine().Finalize(t.Context(), "smf-01", needs); !errors.As(err, &keyless) || keyless.URI != "" {
				t.Errorf("finalize for the key gives %v, want a *KeylessError", err)
			}
			if _, _, err := b.engine().CSR(t.Context(), "smf-01", enroll.CSROptions{Key: newKey(t)}); !errors.As(err, new(*enroll.ForeignKeyError)) {
				t.Errorf("a foreign key gives %v, want a *ForeignKeyError", err)
			}
			if _, unchanged, err := b.engine().CSR(t.Context(), "smf-01", enroll.CSROptions{Key: key}); err != nil || unchanged {
				t.Errorf("the key brought late: unchanged %t, %v", unchanged, err)
			}
			if _, _, err := b.engine().Finalize(t.Context(), "smf-01", needs); err != nil {
				t.Error(err)
			}
			if info, err := os.Stat(filepath.Join(dir, "smf.key")); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("smf.key: %v, %v, want it with mode 0600", info, err)
			}
		})
	}
}

// run runs the steps of the wishes, in one go or one after the other.
func (b *bench) run(e *enroll.Engine, name string, w enroll.Options, whole bool) (*enroll.Enrolment, error) {
	ctx := b.t.Context()
	if whole {
		en, _, err := e.Enroll(ctx, name, w)
		return en, err
	}
	if _, _, err := e.Account(ctx, enroll.DefaultAccount, w.Account); err != nil {
		return nil, err
	}
	if en, _, err := e.CSR(ctx, name, w.CSR); err != nil {
		return en, err
	}
	if en, _, err := e.Order(ctx, name, w.Order); err != nil {
		return en, err
	}
	en, _, err := e.Finalize(ctx, name, w.Finalize)
	return en, err
}

// What contradicts a CSR that its maker has signed is refused, and changes
// nothing.
func TestAdoptErrors(t *testing.T) {
	b := newBench(t, lab.Options{})
	key := newKey(t)
	der := vendorCSR(t, key, vendorName)
	if _, _, err := b.engine().CSR(t.Context(), "smf-01", enroll.CSROptions{Adopt: der, Profile: "nf-tls"}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		o    enroll.CSROptions
		want any
	}{
		{"key of another", enroll.CSROptions{Adopt: der, Key: newKey(t)}, new(*enroll.ForeignKeyError)},
		{"no such profile", enroll.CSROptions{Adopt: der, Profile: "none"}, new(*enroll.ProfileError)},
		{"a part left out", enroll.CSROptions{Omit: []csrgen.Part{csrgen.PartURI}}, new(*enroll.ConflictError)},
		{"another type of key", enroll.CSROptions{KeyType: csrgen.P256}, new(*enroll.ConflictError)},
		{"a function", enroll.CSROptions{Adopt: der, Function: sample().Function}, new(*enroll.ConflictError)},
		{"the key wanted", enroll.CSROptions{Adopt: der, NeedKey: true}, new(*enroll.KeylessError)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, _, err := b.engine().CSR(t.Context(), "smf-01", tt.o); !errors.As(err, tt.want) {
				t.Errorf("got %v, want %T", err, tt.want)
			}
			en, err := enroll.Load(b.engine().Store, "smf-01")
			if err != nil || !en.CSR.Adopted || en.CSR.Profile != "nf-tls" {
				t.Errorf("the enrolment is %+v, %v, want it as it was", en, err)
			}
			b.noKeyFile()
		})
	}
	if _, _, err := b.engine().CSR(t.Context(), "x", enroll.CSROptions{Adopt: der[:50]}); err == nil {
		t.Error("half a CSR is adopted")
	}
}

// An order that is under way holds an adopted CSR to its names, as it does one
// of our own.
func TestAdoptUnderOrder(t *testing.T) {
	b := newBench(t, lab.Options{})
	e := b.engine()
	ctx := t.Context()
	key := newKey(t)
	if _, _, err := e.Account(ctx, enroll.DefaultAccount, enroll.AccountOptions{TermsAgreed: true}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.CSR(ctx, "smf-01", enroll.CSROptions{Adopt: vendorCSR(t, key, vendorName)}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.Order(ctx, "smf-01", enroll.OrderOptions{}); err != nil {
		t.Fatal(err)
	}
	var conflict *enroll.ConflictError
	if _, _, err := e.CSR(ctx, "smf-01", enroll.CSROptions{Adopt: vendorCSR(t, key, "other.example")}); !errors.As(err, &conflict) || conflict.Field != "names" {
		t.Errorf("a CSR with other names gives %v, want a conflict of names", err)
	}
	other := newKey(t)
	if _, unchanged, err := e.CSR(ctx, "smf-01", enroll.CSROptions{Adopt: vendorCSR(t, other, vendorName)}); err != nil || unchanged {
		t.Errorf("a CSR with the same names: unchanged %t, %v, want it taken", unchanged, err)
	}
	en, _, err := e.Finalize(ctx, "smf-01", enroll.FinalizeOptions{Roots: b.roots})
	if err != nil || en.Step != enroll.StepDone {
		t.Errorf("finalize: %v", err)
	}
}

// Wherever a run dies that adopts a CSR in place of one made before, the next
// ends with the adopted one and without the key that was made.
func TestAdoptDying(t *testing.T) {
	der := vendorCSR(t, newKey(t), vendorName)
	for n := 1; n <= 3; n++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("change %d, after %t", n, after), func(t *testing.T) {
				b := newBench(t, lab.Options{})
				if _, _, err := b.engine().CSR(t.Context(), "smf-01", sample()); err != nil {
					t.Fatal(err)
				}
				e := b.engine()
				e.Store = &mortal{Store: e.Store, left: n, after: after}
				if _, _, err := e.CSR(t.Context(), "smf-01", enroll.CSROptions{Adopt: der}); !errors.Is(err, errDied) {
					t.Fatalf("got %v, want the run to die", err)
				}
				en, _, err := b.engine().CSR(t.Context(), "smf-01", enroll.CSROptions{Adopt: der})
				if err != nil || !en.CSR.Adopted || en.CSR.KeyFile != "" {
					t.Errorf("got %+v, %v, want the adopted CSR", en.CSR, err)
				}
				b.noKeyFile()
			})
		}
	}
}

// A CSR that is signed anew elsewhere with the key made here keeps that key.
func TestAdoptWithSavedKey(t *testing.T) {
	b := newBench(t, lab.Options{})
	en, _, err := b.engine().CSR(t.Context(), "amf-01", sample())
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(en.CSR.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	key, err := csrgen.ParseKey("k", data)
	if err != nil {
		t.Fatal(err)
	}
	en, _, err = b.engine().CSR(t.Context(), "amf-01", enroll.CSROptions{Adopt: vendorCSR(t, key, vendorName), NeedKey: true})
	if err != nil || en.CSR.KeyFile == "" || !en.CSR.Adopted {
		t.Fatalf("got %+v, %v, want the CSR adopted and the key kept", en.CSR, err)
	}
	// Its own CSR given back is not adopted: it is ours.
	en, _, err = b.engine().CSR(t.Context(), "amf-02", sample())
	if err != nil {
		t.Fatal(err)
	}
	if data, err = os.ReadFile(en.CSR.File); err != nil {
		t.Fatal(err)
	}
	own, err := csrgen.Decode("r", data)
	if err != nil {
		t.Fatal(err)
	}
	if en, unchanged, err := b.engine().CSR(t.Context(), "amf-02", enroll.CSROptions{Adopt: own}); err != nil || !unchanged || en.CSR.Adopted {
		t.Errorf("our own CSR given back: unchanged %t, %+v, %v, want unchanged and ours", unchanged, en.CSR, err)
	}
}

// fakeToken opens keys by URI and counts.
type fakeToken struct {
	key            crypto.Signer
	opened, closed int
}

func (f *fakeToken) open(uri string) (crypto.Signer, io.Closer, error) {
	if uri != "pkcs11:token=t" {
		return nil, nil, fmt.Errorf("no key %q", uri)
	}
	f.opened++
	return f.key, f, nil
}

func (f *fakeToken) Close() error {
	f.closed++
	return nil
}

// A key that stays in its token signs the CSR, and is asked for nothing else;
// the enrolment has its URI and no file.
func TestTokenKey(t *testing.T) {
	for _, whole := range []bool{false, true} {
		t.Run(fmt.Sprintf("whole %t", whole), func(t *testing.T) {
			b := newBench(t, lab.Options{})
			token := &fakeToken{key: newKey(t)}
			o := sample()
			o.KeyURI = "pkcs11:token=t"
			engine := func() *enroll.Engine {
				e := b.engine()
				e.OpenKey = token.open
				return e
			}
			w := enroll.Options{Account: enroll.AccountOptions{TermsAgreed: true}, CSR: o, Finalize: enroll.FinalizeOptions{Roots: b.roots}}
			en, err := b.run(engine(), "amf-01", w, whole)
			if err != nil {
				t.Fatal(err)
			}
			if en.CSR.KeyURI != o.KeyURI || en.CSR.KeyFile != "" || en.CSR.KeyType != "P384" || en.CSR.Adopted {
				t.Errorf("got %+v, want the token's key and no file", en.CSR)
			}
			if token.opened != 1 || token.closed != 1 {
				t.Errorf("the token was opened %d and closed %d times, want once", token.opened, token.closed)
			}
			b.noKeyFile()
			for _, again := range []enroll.CSROptions{o, {}} {
				if _, unchanged, err := b.engine().CSR(t.Context(), "amf-01", again); err != nil || !unchanged {
					t.Errorf("again: unchanged %t, %v, want unchanged, with the token not there", unchanged, err)
				}
			}
			var keyless *enroll.KeylessError
			if _, _, err := b.engine().Finalize(t.Context(), "amf-01", enroll.FinalizeOptions{NeedKey: true}); !errors.As(err, &keyless) || keyless.URI != o.KeyURI {
				t.Errorf("the key wanted as a file gives %v, want a *KeylessError of the URI", err)
			}
		})
	}
}

// A token's key replaces one that was made, signs again what changes, and gives
// way to a new one.
func TestTokenKeyChanges(t *testing.T) {
	b := newBench(t, lab.Options{})
	token := &fakeToken{key: newKey(t)}
	csr := func(o enroll.CSROptions) *enroll.Enrolment {
		t.Helper()
		e := b.engine()
		e.OpenKey = token.open
		en, _, err := e.CSR(t.Context(), "amf-01", o)
		if err != nil {
			t.Fatal(err)
		}
		return en
	}
	csr(sample())
	if en := csr(enroll.CSROptions{KeyURI: "pkcs11:token=t"}); en.CSR.KeyFile != "" {
		t.Errorf("got %+v, want the token's key", en.CSR)
	}
	b.noKeyFile()
	if en := csr(enroll.CSROptions{Omit: []csrgen.Part{csrgen.PartURI}}); en.CSR.KeyURI == "" || token.opened != 2 {
		t.Errorf("got %+v after opening the token %d times, want it opened again to sign", en.CSR, token.opened)
	}
	if en := csr(enroll.CSROptions{KeyType: csrgen.P256}); en.CSR.KeyURI != "" || en.CSR.KeyFile == "" {
		t.Errorf("got %+v, want a new key", en.CSR)
	}
	if _, _, err := b.engine().CSR(t.Context(), "amf-01", enroll.CSROptions{KeyURI: "pkcs11:token=none"}); err == nil {
		t.Error("a key is used that nothing can open")
	}
	// An adopted CSR beside its token.
	o := enroll.CSROptions{Adopt: vendorCSR(t, token.key, vendorName), KeyURI: "pkcs11:token=t"}
	if en := csr(o); !en.CSR.Adopted || en.CSR.KeyURI == "" {
		t.Errorf("got %+v, want it adopted with the token's key", en.CSR)
	}
	b.noKeyFile()
	e := b.engine()
	e.OpenKey = token.open
	o.Adopt = vendorCSR(t, newKey(t), vendorName)
	if _, _, err := e.CSR(t.Context(), "amf-02", o); !errors.As(err, new(*enroll.ForeignKeyError)) {
		t.Errorf("a token with another key gives %v, want a *ForeignKeyError", err)
	}
	if token.opened != token.closed {
		t.Errorf("the token was opened %d times and closed %d", token.opened, token.closed)
	}
}

// A preview is what would be made, and leaves no trace.
func TestPreviewCSR(t *testing.T) {
	b := newBench(t, lab.Options{})
	p, err := b.engine().PreviewCSR("", sample())
	if err != nil || !p.NewKey || p.Unchanged || p.Profile != "nf-tls" {
		t.Fatalf("got %+v, %v, want a new key of profile nf-tls", p, err)
	}
	csr, err := x509.ParseCertificateRequest(p.DER)
	if err != nil || len(csr.DNSNames) != 1 {
		t.Errorf("previewed %+v, %v, want a CSR with a name", csr, err)
	}
	der := vendorCSR(t, newKey(t), vendorName)
	for _, name := range []string{"", "smf-01"} {
		if p, err := b.engine().PreviewCSR(name, enroll.CSROptions{Adopt: der}); err != nil || !p.Adopted || p.NewKey || string(p.DER) != string(der) {
			t.Errorf("%q: got %+v, %v, want the vendor's CSR", name, p, err)
		}
	}
	if _, err := b.engine().PreviewCSR("amf-01", enroll.CSROptions{}); err == nil {
		t.Error("a CSR of nothing is previewed")
	}
	if _, err := os.Stat(b.state); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the state: %v, want none", err)
	}

	en, _, err := b.engine().CSR(t.Context(), "amf-01", sample())
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(b.state, "enrolments", "amf-01", "enrolment.json"))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := b.engine().PreviewCSR("amf-01", sample()); err != nil || !p.Unchanged {
		t.Errorf("got %+v, %v, want unchanged", p, err)
	}
	o := enroll.CSROptions{Omit: []csrgen.Part{csrgen.PartURI}}
	if p, err = b.engine().PreviewCSR("amf-01", o); err != nil || p.Unchanged || p.NewKey {
		t.Fatalf("got %+v, %v, want another CSR of the saved key", p, err)
	}
	if csr, err = x509.ParseCertificateRequest(p.DER); err != nil || csrgen.KeyTypeOf(csr.PublicKey) != en.CSR.KeyType || len(csr.URIs) != 0 {
		t.Errorf("previewed %+v, %v, want no URI", csr, err)
	}
	after, err := os.ReadFile(filepath.Join(b.state, "enrolments", "amf-01", "enrolment.json"))
	if err != nil || string(after) != string(before) {
		t.Errorf("the enrolment was changed (%v)", err)
	}
}
