package lint_test

import (
	"slices"
	"time"

	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/nf"
)

// world is the input of one run: the certificates of one file, and what they are
// checked against.
type world struct {
	items    []*cert
	tls      *lint.TLS
	function *nf.Function
	request  *cert
	profile  string   // given; empty: inferred
	skip     []string // rules that do not run
	now      time.Time
}

// first is the item that most cases change.
func (w *world) first() *cert { return w.items[0] }

// base is a world in which nothing is wrong: no rule reports anything.
type base struct {
	name  string
	build func() *world
}

func bases() []base {
	return []base{
		{"csr", csrWorld}, {"leaf", leafWorld}, {"chain", chainWorld}, {"three", threeWorld}, {"sepp", seppWorld},
		{"nrf", nrfWorld}, {"cca", ccaWorld}, {"token", tokenWorld}, {"encrypt", encryptWorld},
		{"scp", scpWorld}, {"n32", n32World}, {"af", afWorld}, {"ri", riWorld},
		{"server", serverWorld}, {"function", functionWorld}, {"issued", issuedWorld},
	}
}

func csrWorld() *world  { return &world{items: []*cert{newCSR()}, now: now} }
func leafWorld() *world { return &world{items: []*cert{newLeaf()}, now: now} }

func chainWorld() *world { return &world{items: []*cert{newLeaf(), newCA()}, now: now} }

// threeWorld has a leaf of one CA, that CA, and the CA above.
func threeWorld() *world {
	root := newCA()
	root.subject = seq(country("SE"), organization("Example Root"))
	root.issuer = root.subject
	root.signer = keyOf("root")
	root.key(spkiOf(root.signer))
	root.ext(nf.OIDBasicConstraints).value = seq([]byte{1, 1, 0xff}, []byte{2, 1, 1})
	ca := newCA()
	ca.issuer, ca.signer = root.subject, root.signer
	ca.add(nf.OIDAuthorityKeyID, 0, seq(wrap(0x80, keyID(root.spki))))
	return &world{items: []*cert{newLeaf(), ca, root}, now: now}
}

const seppFQDN = "sepp1.sepp." + homeDomain

func seppWorld() *world {
	w := leafWorld()
	w.first().names(dns(seppFQDN), dns("*."+seppFQDN), uri(instance))
	w.first().ext(nf.OIDNFTypes).value = types("SEPP")
	return w
}

func scpWorld() *world {
	w := leafWorld()
	w.first().names(dns("scp1.scp."+homeDomain), uri(instance))
	w.first().ext(nf.OIDNFTypes).value = types("SCP")
	return w
}

func n32World() *world {
	w := seppWorld()
	w.first().names(dns(seppFQDN))
	return w
}

// afWorld has the certificate of an AF facing external networks, which is not
// in the SBA.
func afWorld() *world {
	w := leafWorld()
	w.first().names(dns("af1.example.org"))
	w.first().ext(nf.OIDNFTypes).value = types("AF")
	w.first().subject = seq(country("SE"), organization("Example Apps"), commonName("af1.example.org"))
	return w
}

func nrfWorld() *world {
	w := leafWorld()
	w.first().names(dns("nrf."+homeDomain), uri(instance))
	w.first().ext(nf.OIDNFTypes).value = types("NRF")
	return w
}

func ccaWorld() *world {
	w := leafWorld()
	w.first().ext(nf.OIDExtKeyUsage).value = purposes(nf.UsageJWT)
	return w
}

func tokenWorld() *world {
	w := nrfWorld()
	w.first().ext(nf.OIDExtKeyUsage).value = purposes(nf.UsageOAuthAccessTokenSigning)
	return w
}

func encryptWorld() *world {
	w := seppWorld()
	w.first().names(dns(seppFQDN), uri(instance))
	w.first().ext(nf.OIDExtKeyUsage).value = purposes(nf.UsageHTTPContentEncrypt)
	w.first().ext(nf.OIDKeyUsage).value = keyUsage(2)
	w.first().key(rsaSPKI(3072))
	return w
}

// riWorld has a roaming intermediary's certificate, with names of its own
// choice.
func riWorld() *world {
	w := leafWorld()
	w.profile = "ri-signing"
	w.first().drop(nf.OIDExtKeyUsage)
	w.first().drop(nf.OIDNFTypes)
	w.first().names(dns("ri1.example.org"))
	w.first().subject = seq(organization("Example IPX"), commonName("ri1"))
	return w
}

func serverWorld() *world {
	w := leafWorld()
	w.tls = &lint.TLS{
		ServerName: fqdn, Version: 0x0304, VersionName: "TLS 1.3", CipherSuite: 0x1301,
		CipherName: "TLS_AES_128_GCM_SHA256", ALPN: "h2", ClientCertificateAsked: true,
	}
	return w
}

func functionWorld() *world {
	w := leafWorld()
	f := nf.SampleAMF()
	f.InstanceID = nf.InstanceID(instance[len("urn:uuid:"):])
	w.function = &f
	return w
}

func issuedWorld() *world {
	w := leafWorld()
	w.request = newCSR()
	return w
}

// kase breaks one rule, and other rules only where this cannot be avoided.
type kase struct {
	rule string
	from func() *world
	bend func(*world)
	also []string // other rules that report something
	why  string   // why this cannot be avoided
}

// leafCase changes the first certificate of a world.
func leafCase(rule string, from func() *world, bend func(*cert)) kase {
	return kase{rule: rule, from: from, bend: func(w *world) { bend(w.first()) }}
}

// with names the other rules that report something.
func (k kase) with(why string, rules ...string) kase {
	k.also, k.why = rules, why
	return k
}

// without skips rules that report the same fault.
func (k kase) without(rules ...string) kase {
	bend := k.bend
	k.bend = func(w *world) { bend(w); w.skip = rules }
	return k
}

func cases() []kase {
	return slices.Concat(encodingCases(), valueCases(), usageCases(), nameCases(), typeCases(), caCases(), otherCases())
}
