package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// certificates writes n certificates of AMFs below dir, a PEM file each, as a
// sound CA issues them by TS 33.310 6.1.3c: all names and keys differ, and no
// linter finds an error in them.
func certificates(ctx context.Context, dir string, n int) (files []string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	issuer := &x509.Certificate{
		Subject:      pkix.Name{Country: []string{"SE"}, Organization: []string{"5gc.mnc001.mcc001.3gppnetwork.org"}, CommonName: "NF CA"},
		SubjectKeyId: keyID(&key.PublicKey),
	}
	for i := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		der, err := certificate(i, issuer, key)
		if err != nil {
			return nil, fmt.Errorf("making certificate %d: %w", i, err)
		}
		file := filepath.Join(dir, fmt.Sprintf("amf%05d.pem", i))
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

func certificate(i int, issuer *x509.Certificate, issuerKey *ecdsa.PrivateKey) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	extensions, err := nfExtensions(i)
	if err != nil {
		return nil, err
	}
	now := time.Now().Truncate(time.Second)
	return x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial.Add(serial, new(big.Int).Lsh(big.NewInt(1), 121)),
		NotBefore:    now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		Subject:               pkix.Name{Country: []string{"SE"}, Organization: []string{"5gc.mnc001.mcc001.3gppnetwork.org"}},
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		SubjectKeyId:          keyID(&key.PublicKey),
		CRLDistributionPoints: []string{"http://crl.5gc.mnc001.mcc001.3gppnetwork.org/nf.crl"},
		OCSPServer:            []string{"http://ocsp.5gc.mnc001.mcc001.3gppnetwork.org/"},
		IssuingCertificateURL: []string{"http://ca.5gc.mnc001.mcc001.3gppnetwork.org/nf.cer"},
		ExtraExtensions:       extensions,
	}, issuer, &key.PublicKey, issuerKey)
}

// nfExtensions are the names of the i-th AMF, critical as crypto/x509 makes none
// beside a subject, and its NF type (RFC 9310).
func nfExtensions(i int) ([]pkix.Extension, error) {
	names, err := asn1.Marshal([]asn1.RawValue{
		{Class: asn1.ClassContextSpecific, Tag: 2, Bytes: fmt.Appendf(nil, "amf%05d.%s", i, domain)},
		{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: fmt.Appendf(nil, "urn:uuid:4ace9d34-2c69-4f99-92d5-%012x", i)},
	})
	if err != nil {
		return nil, err
	}
	types, err := asn1.Marshal([]asn1.RawValue{{Tag: asn1.TagIA5String, Bytes: []byte("AMF")}})
	return []pkix.Extension{
		{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Critical: true, Value: names},
		{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 34}, Value: types},
	}, err
}

// keyID is method 1 of RFC 5280 4.2.1.2.
func keyID(key *ecdsa.PublicKey) []byte {
	point, err := key.Bytes()
	if err != nil {
		return nil
	}
	sum := sha1.Sum(point)
	return sum[:]
}
