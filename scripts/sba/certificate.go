package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// oidAccessTokenSigning is the purpose of the NRF's certificate (RFC 9509 3).
var oidAccessTokenSigning = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 39}

// instanceURN is how a certificate names an NF instance (TS 33.310 6.1.3c, TS
// 29.571 5.3.2).
var instanceURN = regexp.MustCompile(`(?i)^urn:uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// instanceOf is the one NF instance that a certificate names, in lower case.
func instanceOf(cert *x509.Certificate) (string, error) {
	var ids []string
	for _, u := range cert.URIs {
		if m := instanceURN.FindStringSubmatch(u.String()); m != nil {
			ids = append(ids, strings.ToLower(m[1]))
		}
	}
	switch len(ids) {
	case 0:
		return "", errors.New("the certificate names no NF instance: no URI name urn:uuid: in its subjectAltName")
	case 1:
		return ids[0], nil
	}
	return "", fmt.Errorf("the certificate names %d NF instances, want one", len(ids))
}

// loadPool reads roots.
func loadPool(path string) (*x509.CertPool, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s: no certificate", path)
	}
	return pool, nil
}

// loadSigner reads the NRF's certificate, which must chain to the roots and be
// for access tokens alone.
func loadSigner(path string, roots *x509.CertPool) (*x509.Certificate, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	chain, err := parseChain(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err = chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if !slices.ContainsFunc(chain[0].UnknownExtKeyUsage, oidAccessTokenSigning.Equal) {
		return nil, fmt.Errorf("%s: the certificate is not for the signing of access tokens (RFC 9509)", path)
	}
	return chain[0], nil
}

// tlsConfig is that of an NF as client and as server (TS 33.210 6.2): both sides
// show a certificate.
func (s *settings) tlsConfig() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(s.cert, s.key)
	if err != nil {
		return nil, err
	}
	roots, err := loadPool(s.root)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair},
		RootCAs: roots, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert,
		ServerName: s.host,
	}, nil
}
