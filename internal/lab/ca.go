package lab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // a key identifier, not a signature: TS 33.310 requires it
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

const (
	rootYears         = 20
	intermediateYears = 10
	endEntityDays     = 90
	// backdate is how long before its issue a certificate becomes valid, for
	// clients whose clock is behind.
	backdate = time.Minute
)

// authorities are the keys and certificates of the lab:
//
//	tlsRoot       -> certificates of the server, the Token Authority and their clients
//	issuerRoot    -> issuer -> issued certificates (default chain)
//	alternateRoot -> cross  -> the same certificates: cross has the issuer's name and key
type authorities struct {
	tlsRoot       authority
	issuerRoot    authority
	alternateRoot authority
	issuer        authority
	cross         *x509.Certificate
}

// An authority is a CA certificate with its key.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func (a authority) pem() []byte { return certificatePEM(a.certificate.Raw) }

func certificatePEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func keyToPEM(key *ecdsa.PrivateKey) []byte {
	der, _ := x509.MarshalPKCS8PrivateKey(key) // a key of newECKeyPair or loadKey never fails
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// newAuthorities makes all authorities with new keys.
func newAuthorities(now time.Time) (*authorities, error) {
	var a authorities
	var err error
	if a.tlsRoot, err = newRoot("nfcert lab TLS root (practice only)", elliptic.P256(), now); err != nil {
		return nil, err
	}
	if a.issuerRoot, err = newRoot("nfcert lab root (practice only)", elliptic.P384(), now); err != nil {
		return nil, err
	}
	if a.alternateRoot, err = newRoot("nfcert lab alternate root (practice only)", elliptic.P384(), now); err != nil {
		return nil, err
	}
	a.issuer.key = newECKeyPair(elliptic.P384())
	const name = "nfcert lab issuer (practice only)"
	if a.issuer.certificate, err = a.issuerRoot.certifyCA(name, &a.issuer.key.PublicKey, now); err != nil {
		return nil, err
	}
	a.cross, err = a.alternateRoot.certifyCA(name, &a.issuer.key.PublicKey, now)
	return &a, err
}

func newECKeyPair(curve elliptic.Curve) *ecdsa.PrivateKey {
	key, _ := ecdsa.GenerateKey(curve, rand.Reader) // neither the curves of crypto/elliptic nor crypto/rand fail
	return key
}

func newRoot(name string, curve elliptic.Curve, now time.Time) (authority, error) {
	key := newECKeyPair(curve)
	template := caTemplate(name, &key.PublicKey, now, rootYears)
	certificate, err := createCertificate(template, template, &key.PublicKey, key)
	return authority{certificate, key}, err
}

// certifyCA signs an intermediate CA that may sign leaf certificates only.
func (a authority) certifyCA(name string, public *ecdsa.PublicKey, now time.Time) (*x509.Certificate, error) {
	template := caTemplate(name, public, now, intermediateYears)
	template.MaxPathLenZero = true
	return createCertificate(template, a.certificate, public, a.key)
}

func caTemplate(name string, public crypto.PublicKey, now time.Time, years int) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber:          newSerial(),
		Subject:               pkix.Name{Organization: []string{"nfcert lab"}, CommonName: name},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.AddDate(years, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		SubjectKeyId:          keyIdentifier(public),
	}
}

func createCertificate(template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate: %w", err)
	}
	return x509.ParseCertificate(der)
}

// newSerial makes a random positive serial number of at most 20 octets (RFC
// 5280 4.1.2.2, TS 33.310 6.1.3c.3).
func newSerial() *big.Int {
	limit := new(big.Int).Lsh(big.NewInt(1), 159) // 20 octets with the sign bit clear
	serial, _ := rand.Int(rand.Reader, limit)     // crypto/rand never fails
	return serial.Add(serial, big.NewInt(1))
}

// keyIdentifier is method (1) of RFC 5280 4.2.1.2, which TS 33.310 6.1.3c.3
// requires: the SHA-1 of the public key's bits.
func keyIdentifier(public crypto.PublicKey) []byte {
	der, _ := x509.MarshalPKIXPublicKey(public) // newPublicKey or newECKeyPair made it, so it never fails
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		PublicKey asn1.BitString
	}
	_, _ = asn1.Unmarshal(der, &info)
	sum := sha1.Sum(info.PublicKey.Bytes) //nolint:gosec // see the import
	return sum[:]
}

// endEntity makes a key and a certificate for it, signed by the TLS root. Edit
// adds what the certificate is for.
func (a *authorities) endEntity(name string, now time.Time, edit func(*x509.Certificate)) (*ecdsa.PrivateKey, *x509.Certificate, error) {
	key := newECKeyPair(elliptic.P256())
	template := &x509.Certificate{
		SerialNumber: newSerial(),
		Subject:      pkix.Name{Organization: []string{"nfcert lab"}, CommonName: name},
		NotBefore:    now.Add(-backdate),
		NotAfter:     now.AddDate(0, 0, endEntityDays),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	edit(template)
	certificate, err := createCertificate(template, a.tlsRoot.certificate, &key.PublicKey, a.tlsRoot.key)
	return key, certificate, err
}

// serverCertificate makes the TLS certificate of the server, for the given
// names and addresses. An expired one ended a day ago.
func (a *authorities) serverCertificate(names []string, now time.Time, expired bool) (tls.Certificate, error) {
	key, leaf, err := a.endEntity("nfcert lab server (practice only)", now, func(t *x509.Certificate) {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		if expired {
			t.NotBefore, t.NotAfter = now.AddDate(0, 0, -endEntityDays), now.AddDate(0, 0, -1)
		}
		for _, name := range names {
			if ip := net.ParseIP(name); ip != nil {
				t.IPAddresses = append(t.IPAddresses, ip)
			} else {
				t.DNSNames = append(t.DNSNames, name)
			}
		}
	})
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}, nil
}
