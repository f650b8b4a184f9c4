package lab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // a key identifier, not a signature: TS 33.310 asks for it
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
	serverDays        = 90
	// backdate lets a certificate begin before it is issued, for clocks that
	// are behind.
	backdate = time.Minute
)

// authorities are the keys and certificates of the lab:
//
//	tlsRoot    -> the server's TLS certificate
//	issuerRoot -> issuer -> issued certificates (default chain)
//	alternate  -> cross  -> the same certificates: cross has issuer's name and key
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

// newAuthorities makes new keys for all authorities.
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
	if a.issuer.key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader); err != nil {
		return nil, err
	}
	const name = "nfcert lab issuer (practice only)"
	if a.issuer.certificate, err = a.issuerRoot.certifyCA(name, &a.issuer.key.PublicKey, now); err != nil {
		return nil, err
	}
	a.cross, err = a.alternateRoot.certifyCA(name, &a.issuer.key.PublicKey, now)
	return &a, err
}

func newRoot(name string, curve elliptic.Curve, now time.Time) (authority, error) {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		return authority{}, fmt.Errorf("making the key of %q: %w", name, err)
	}
	template, err := caTemplate(name, &key.PublicKey, now, rootYears)
	if err != nil {
		return authority{}, err
	}
	certificate, err := createCertificate(template, template, &key.PublicKey, key)
	return authority{certificate, key}, err
}

// certifyCA signs an intermediate that may sign leaf certificates only.
func (a authority) certifyCA(name string, public *ecdsa.PublicKey, now time.Time) (*x509.Certificate, error) {
	template, err := caTemplate(name, public, now, intermediateYears)
	if err != nil {
		return nil, err
	}
	template.MaxPathLenZero = true
	return createCertificate(template, a.certificate, public, a.key)
}

func caTemplate(name string, public crypto.PublicKey, now time.Time, years int) (*x509.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	ski, err := keyIdentifier(public)
	return &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{Organization: []string{"nfcert lab"}, CommonName: name},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.AddDate(years, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		SubjectKeyId:          ski,
	}, err
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
func newSerial() (*big.Int, error) {
	limit := new(big.Int).Lsh(big.NewInt(1), 159) // 20 octets with the sign bit clear
	serial, err := rand.Int(rand.Reader, limit)
	if err != nil {
		return nil, fmt.Errorf("making a serial number: %w", err)
	}
	return serial.Add(serial, big.NewInt(1)), nil
}

// keyIdentifier is method (1) of RFC 5280 4.2.1.2, which TS 33.310 6.1.3c.3
// demands: the SHA-1 of the public key's bits.
func keyIdentifier(public crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("identifying a key: %w", err)
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		PublicKey asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, fmt.Errorf("identifying a key: %w", err)
	}
	sum := sha1.Sum(info.PublicKey.Bytes) //nolint:gosec // see the import
	return sum[:], nil
}

// serverCertificate makes the TLS certificate of the server, for the given
// names and addresses; an expired one ended a day ago.
func (a *authorities) serverCertificate(names []string, now time.Time, expired bool) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making the server's key: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{"nfcert lab"}, CommonName: "nfcert lab server (practice only)"},
		NotBefore:    now.Add(-backdate),
		NotAfter:     now.AddDate(0, 0, serverDays),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if expired {
		template.NotBefore, template.NotAfter = now.AddDate(0, 0, -serverDays), now.AddDate(0, 0, -1)
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	leaf, err := createCertificate(template, a.tlsRoot.certificate, &key.PublicKey, a.tlsRoot.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}, nil
}
