package lint_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"net"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/nfcert/nfcert/internal/nf"
)

// Fixtures are built byte by byte, as most of them cannot be made with a library.
// Keys are derived from words and signatures are deterministic (RFC 6979), so
// that the same code writes the same files.

// cert describes one certificate or request. Every field can be changed.
type cert struct {
	csr                bool
	version            int // as in the DER; -1: left out
	serial             []byte
	inner, outer       []byte // AlgorithmIdentifiers, in DER
	issuer, subject    []byte // in DER
	validFrom, validTo []byte // in DER
	spki               []byte // in DER
	exts               []ext
	requests           int    // how many extensionRequests the exts are spread over
	attributes         []byte // of a request, in addition to extensionRequest, in DER
	signer             *ecdsa.PrivateKey
	forge              bool                // the signature is by another key
	patch              func([]byte) []byte // changes the result
}

// ext is one extension.
type ext struct {
	oid      nf.OID
	critical byte // 0: left out
	value    []byte
}

const (
	homeDomain = "5gc.mnc001.mcc001.3gppnetwork.org"
	fqdn       = "amf1.amf." + homeDomain
	instance   = "urn:uuid:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b"
)

// now is the time at which the fixtures are checked.
var now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// keyOf derives a P-256 key from a word.
func keyOf(word string) *ecdsa.PrivateKey {
	d := sha256.Sum256([]byte(word))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d[:])
	if err != nil {
		panic(err)
	}
	return key
}

func spkiOf(key *ecdsa.PrivateKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic(err)
	}
	return der
}

// seq makes a SEQUENCE; wrap does the same for other tags.
func seq(parts ...[]byte) []byte { return wrap(0x30, parts...) }

func wrap(tag byte, parts ...[]byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.Tag(tag), func(c *cryptobyte.Builder) { c.AddBytes(bytes.Join(parts, nil)) })
	return b.BytesOrPanic()
}

func oidDER(o nf.OID) []byte {
	id, err := o.ASN1()
	if err != nil {
		panic(err)
	}
	der, err := asn1.Marshal(id)
	if err != nil {
		panic(err)
	}
	return der
}

// attr is one attribute of a name, alone in its RDN.
func attr(o nf.OID, tag byte, value string) []byte {
	return wrap(0x31, seq(oidDER(o), wrap(tag, []byte(value))))
}

const (
	utf8String, printableString, ia5String = 0x0c, 0x13, 0x16
)

func country(c string) []byte      { return attr(nf.OIDCountry, printableString, c) }
func organization(o string) []byte { return attr(nf.OIDOrganization, printableString, o) }
func commonName(n string) []byte   { return attr(nf.OIDCommonName, utf8String, n) }

func utcTime(t time.Time) []byte { return wrap(0x17, []byte(t.Format("060102150405Z"))) }
func date(y int, m time.Month, d int) []byte {
	return utcTime(time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
}

func algorithm(o nf.OID, parameters ...byte) []byte { return seq(oidDER(o), parameters) }

var ecdsaSHA256 = algorithm("1.2.840.10045.4.3.2")

func dns(name string) []byte { return wrap(0x82, []byte(name)) }
func uri(name string) []byte { return wrap(0x86, []byte(name)) }

// purposes is the value of extKeyUsage.
func purposes(oids ...nf.OID) []byte {
	var parts [][]byte
	for _, o := range oids {
		parts = append(parts, oidDER(o))
	}
	return seq(parts...)
}

// keyUsage is the value with these bits, from digitalSignature on.
func keyUsage(bits ...int) []byte {
	var octets [2]byte
	last := 0
	for _, b := range bits {
		octets[b/8] |= 0x80 >> (b % 8)
		last = max(last, b)
	}
	return wrap(0x03, []byte{byte(7 - last%8)}, octets[:last/8+1])
}

func types(names ...string) []byte {
	var parts [][]byte
	for _, n := range names {
		parts = append(parts, wrap(ia5String, []byte(n)))
	}
	return seq(parts...)
}

func keyID(spki []byte) []byte {
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(spki, &info); err != nil {
		panic(err)
	}
	sum := sha1.Sum(info.Key.Bytes)
	return sum[:]
}

func crl(names ...[]byte) []byte {
	return seq(seq(wrap(0xa0, wrap(0xa0, names...))))
}

func access(method nf.OID, name []byte) []byte { return seq(oidDER(method), name) }

const (
	caIssuers nf.OID = "1.3.6.1.5.5.7.48.2"
	ocsp      nf.OID = "1.3.6.1.5.5.7.48.1"
)

// newCA describes the operator's CA.
func newCA() *cert {
	key := keyOf("ca")
	name := seq(country("SE"), organization("Example CA"))
	spki := spkiOf(key)
	return &cert{
		version: 2, serial: []byte{1}, inner: ecdsaSHA256, outer: ecdsaSHA256, issuer: name, subject: name,
		validFrom: date(2025, 1, 1), validTo: date(2035, 1, 1), spki: spki, signer: key,
		exts: []ext{
			{nf.OIDBasicConstraints, 0xff, seq([]byte{1, 1, 0xff}, []byte{2, 1, 0})},
			{nf.OIDKeyUsage, 0xff, keyUsage(5, 6)},
			{nf.OIDSubjectKeyID, 0, wrap(4, keyID(spki))},
		},
	}
}

// newLeaf describes an AMF's certificate by the profile nf-tls.
func newLeaf() *cert {
	ca := newCA()
	spki := spkiOf(keyOf("amf"))
	c := &cert{
		version: 2, serial: []byte{0x0c, 0x3e, 0x68, 0xe3, 0x8c, 0xc4, 0x75, 0xf4}, inner: ecdsaSHA256, outer: ecdsaSHA256,
		issuer: ca.subject, subject: seq(country("SE"), organization(homeDomain)),
		validFrom: date(2026, 1, 1), validTo: date(2027, 1, 1), spki: spki, signer: ca.signer,
		exts: requestedExtensions(),
	}
	c.exts = append(c.exts,
		ext{nf.OIDSubjectKeyID, 0, wrap(4, keyID(spki))},
		ext{nf.OIDAuthorityKeyID, 0, seq(wrap(0x80, keyID(ca.spki)))},
		ext{nf.OIDCRLDistribution, 0, crl(uri("http://ca.example/ca.crl"))},
		ext{nf.OIDAuthorityInfoAccess, 0, seq(access(caIssuers, uri("http://ca.example/ca.cer")))},
	)
	return c
}

func requestedExtensions() []ext {
	return []ext{
		{nf.OIDKeyUsage, 0xff, keyUsage(0)},
		{nf.OIDExtKeyUsage, 0, purposes(nf.UsageClientAuth, nf.UsageServerAuth)},
		{nf.OIDSubjectAltName, 0xff, seq(dns(fqdn), uri(instance))},
		{nf.OIDNFTypes, 0, types("AMF")},
	}
}

// newCSR describes the request of the same AMF.
func newCSR() *cert {
	key := keyOf("amf")
	return &cert{
		csr: true, outer: ecdsaSHA256, subject: seq(country("SE"), organization(homeDomain)),
		spki: spkiOf(key), signer: key, exts: requestedExtensions(), requests: 1,
	}
}

// ext finds an extension, which must be there.
func (c *cert) ext(o nf.OID) *ext {
	for i := range c.exts {
		if c.exts[i].oid == o {
			return &c.exts[i]
		}
	}
	panic("no extension " + string(o))
}

func (c *cert) drop(o nf.OID) {
	var rest []ext
	for _, e := range c.exts {
		if e.oid != o {
			rest = append(rest, e)
		}
	}
	c.exts = rest
}

func (c *cert) add(o nf.OID, critical byte, value []byte) {
	c.exts = append(c.exts, ext{o, critical, value})
}

func (c *cert) names(names ...[]byte) { c.ext(nf.OIDSubjectAltName).value = seq(names...) }

// key gives the certificate another key, with its key identifier.
func (c *cert) key(spki []byte) {
	c.spki = spki
	for i := range c.exts {
		if c.exts[i].oid == nf.OIDSubjectKeyID {
			c.exts[i].value = wrap(4, keyID(spki))
		}
	}
}

func extensionsDER(list []ext) []byte {
	var parts [][]byte
	for _, e := range list {
		var critical []byte
		if e.critical != 0 {
			critical = []byte{1, 1, e.critical}
		}
		parts = append(parts, seq(oidDER(e.oid), critical, wrap(4, e.value)))
	}
	return seq(parts...)
}

// der builds and signs.
func (c *cert) der() []byte {
	signed := c.signed()
	key := c.signer
	if c.forge {
		key = keyOf("somebody else")
	}
	digest := sha256.Sum256(signed)
	signature, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		panic(err)
	}
	der := seq(signed, c.outer, wrap(3, []byte{0}, signature))
	if c.patch != nil {
		der = c.patch(der)
	}
	return der
}

func (c *cert) signed() []byte {
	version := wrap(2, []byte{byte(c.version)})
	if c.csr {
		attributes := c.attributes
		size := (len(c.exts) + c.requests - 1) / max(c.requests, 1)
		for i := range c.requests {
			part := c.exts[min(i*size, len(c.exts)):min((i+1)*size, len(c.exts))]
			attributes = append(seq(oidDER("1.2.840.113549.1.9.14"), wrap(0x31, extensionsDER(part))), attributes...)
		}
		return seq(version, c.subject, c.spki, wrap(0xa0, attributes))
	}
	if version = wrap(0xa0, version); c.version < 0 {
		version = nil
	}
	var extensions []byte
	if len(c.exts) > 0 {
		extensions = wrap(0xa3, extensionsDER(c.exts))
	}
	return seq(version, wrap(2, c.serial), c.inner, c.issuer, seq(c.validFrom, c.validTo), c.subject, c.spki, extensions)
}

// pemOf writes the file of some certificates and requests.
func pemOf(list []*cert) []byte {
	var b bytes.Buffer
	for _, c := range list {
		label := "CERTIFICATE"
		if c.csr {
			label = "CERTIFICATE REQUEST"
		}
		if err := pem.Encode(&b, &pem.Block{Type: label, Bytes: c.der()}); err != nil {
			panic(err)
		}
	}
	return b.Bytes()
}

// rsaSPKI is an RSA public key of that many bits, without a private key.
func rsaSPKI(bits int) []byte {
	modulus := make([]byte, bits/8)
	for i := range modulus {
		modulus[i] = byte(i*7 + 3)
	}
	modulus[0] |= 0x80
	modulus[len(modulus)-1] |= 1
	return seq(algorithm("1.2.840.113549.1.1.1", 5, 0), wrap(3, []byte{0}, seq(wrap(2, []byte{0}, modulus), wrap(2, []byte{1, 0, 1}))))
}

// ecSPKI is a P-384 or P-521 public key derived from a word.
func ecSPKI(curve elliptic.Curve, word string) []byte {
	d := sha256.Sum256([]byte(word))
	raw := make([]byte, (curve.Params().BitSize+7)/8)
	copy(raw[len(raw)-len(d):], d[:])
	key, err := ecdsa.ParseRawPrivateKey(curve, raw)
	if err != nil {
		panic(err)
	}
	return spkiOf(key)
}

// ip is an iPAddress name.
func ip(s string) []byte {
	v4 := net.ParseIP(s).To4()
	if v4 == nil {
		panic(fmt.Sprintf("%q is no IPv4 address", s))
	}
	return wrap(0x87, v4)
}
