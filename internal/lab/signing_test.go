package lab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"math/big"
	"testing"
)

// sign makes a flattened JWS.
func sign(t *testing.T, key crypto.Signer, header object, payload any) []byte {
	t.Helper()
	return encodeJWS(t, header, payload, func(input []byte) []byte { return signature(t, key, input) })
}

func signMAC(t *testing.T, key []byte, header object, payload any) []byte {
	t.Helper()
	return encodeJWS(t, header, payload, func(input []byte) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write(input)
		return mac.Sum(nil)
	})
}

func encodeJWS(t *testing.T, header object, payload any, signer func([]byte) []byte) []byte {
	t.Helper()
	var body []byte
	switch p := payload.(type) {
	case nil:
	case []byte:
		body = p
	default:
		body = mustJSON(t, p)
	}
	h, p := b64.EncodeToString(mustJSON(t, header)), b64.EncodeToString(body)
	return mustJSON(t, object{"protected": h, "payload": p, "signature": b64.EncodeToString(signer([]byte(h + "." + p)))})
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func signature(t *testing.T, key crypto.Signer, input []byte) []byte {
	t.Helper()
	switch k := key.(type) {
	case ed25519.PrivateKey:
		return ed25519.Sign(k, input)
	case *rsa.PrivateKey:
		sum := sha256.Sum256(input)
		sig, err := rsa.SignPKCS1v15(nil, k, crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return sig
	case *ecdsa.PrivateKey:
		size := (k.Params().BitSize + 7) / 8
		h := map[int]crypto.Hash{32: crypto.SHA256, 48: crypto.SHA384, 66: crypto.SHA512}[size].New()
		h.Write(input)
		der, err := ecdsa.SignASN1(rand.Reader, k, h.Sum(nil))
		if err != nil {
			t.Fatal(err)
		}
		var rs struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(der, &rs); err != nil {
			t.Fatal(err)
		}
		return append(rs.R.FillBytes(make([]byte, size)), rs.S.FillBytes(make([]byte, size))...)
	}
	t.Fatalf("key of type %T", key)
	return nil
}

func algorithmOf(key crypto.Signer) string {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return "RS256"
	case *ecdsa.PrivateKey:
		return map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[k.Params().Name]
	}
	return "EdDSA"
}

func jwkOf(public crypto.PublicKey) map[string]string {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return map[string]string{"kty": "RSA", "n": b64.EncodeToString(k.N.Bytes()), "e": b64.EncodeToString(big.NewInt(int64(k.E)).Bytes())}
	case *ecdsa.PublicKey:
		point, _ := k.Bytes()
		half := len(point) / 2
		return map[string]string{"kty": "EC", "crv": k.Params().Name, "x": b64.EncodeToString(point[1 : 1+half]), "y": b64.EncodeToString(point[1+half:])}
	case ed25519.PublicKey:
		return map[string]string{"kty": "OKP", "crv": "Ed25519", "x": b64.EncodeToString(k)}
	}
	return nil
}

// thumbprintOf relies on encoding/json sorting the keys of a map.
func thumbprintOf(public crypto.PublicKey) string {
	data, _ := json.Marshal(jwkOf(public))
	sum := sha256.Sum256(data)
	return b64.EncodeToString(sum[:])
}

const (
	testFQDN     = "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org"
	testInstance = "urn:uuid:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b"
	testDomain   = "5gc.mnc001.mcc001.3gppnetwork.org"
)

// nfCSR is a CSR by the NF profile: critical subjectAltName with the names and
// the instance URN, keyUsage, both TLS purposes, NFTypes.
func nfCSR(t *testing.T, key crypto.Signer, names ...string) []byte {
	t.Helper()
	var general []generalName
	for _, n := range names {
		general = append(general, generalName{tagDNS, n})
	}
	return customCSR(t, key, append(general, generalName{tagURI, testInstance}))
}

// customCSR is a CSR by the NF profile with other names and further extensions.
func customCSR(t *testing.T, key crypto.Signer, names []generalName, extra ...pkix.Extension) []byte {
	t.Helper()
	san, err := marshalGeneralNames(names)
	if err != nil {
		t.Fatal(err)
	}
	return rawCSR(t, key, pkix.Name{Country: []string{"SE"}, Organization: []string{testDomain}}, append([]pkix.Extension{
		{Id: oidSubjectAltName, Critical: true, Value: san},
		{Id: oidNFTypes, Value: []byte{0x30, 5, 0x16, 3, 'A', 'M', 'F'}},
		*digitalSignature(), *newExtKeyUsage(oidServerAuth, oidClientAuth),
	}, extra...))
}

func rawCSR(t *testing.T, key crypto.Signer, subject pkix.Name, extensions []pkix.Extension) []byte {
	t.Helper()
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject, ExtraExtensions: extensions}, key)
	if err != nil {
		t.Fatal(err)
	}
	return csr
}

// extension finds an extension of a certificate.
func extension(c *x509.Certificate, id asn1.ObjectIdentifier) (pkix.Extension, bool) {
	for _, e := range c.Extensions {
		if e.Id.Equal(id) {
			return e, true
		}
	}
	return pkix.Extension{}, false
}

func newECKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
