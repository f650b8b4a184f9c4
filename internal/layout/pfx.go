package layout

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"hash"
	"io"
	"math/big"
	"unicode/utf16"
)

// pfx is a PKCS#12 file that is being made (RFC 7292). It is written here because no
// module of ours gives a key and its certificate the friendlyName by which Java,
// Windows and OpenSSL list them.
type pfx struct {
	key        any // as for x509.MarshalPKCS8PrivateKey
	chain      []*x509.Certificate
	name       string // friendlyName; empty: none
	passphrase string
	salts      io.Reader
	legacy     bool // 3DES and SHA-1, as OpenSSL's -descert
}

// The identifiers of RFC 7292, RFC 2985, RFC 8018 and RFC 5652.
var (
	oidData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidEncryptedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 6}
	oidShroudedKey   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 2}
	oidCertBag       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 3}
	oidX509          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 22, 1}
	oidFriendlyName  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 20}
	oidLocalKeyID    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 21}
	oidSHA3DES       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 3}
	oidPBES2         = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidHMACSHA256    = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
	oidAES256CBC     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
	oidSHA1          = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
)

// The structures of RFC 7292 4. A []any is a SEQUENCE.
type (
	contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue
	}
	safeBag struct {
		ID         asn1.ObjectIdentifier
		Value      asn1.RawValue
		Attributes []bagAttribute `asn1:"set,omitempty"`
	}
	bagAttribute struct {
		ID     asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}
)

// encode makes the file: one encrypted part with the certificates, leaf first, and
// one with the encrypted key, under a MAC.
func (p *pfx) encode() ([]byte, error) {
	attributes := []bagAttribute{octets(oidLocalKeyID, sha1.Sum(p.chain[0].Raw))}
	if p.name != "" {
		attributes = append(attributes, bagAttribute{oidFriendlyName, []asn1.RawValue{{Tag: asn1.TagBMPString, Bytes: bmp(p.name)}}})
	}
	var certs []safeBag
	for i, c := range p.chain {
		bag := safeBag{ID: oidCertBag, Value: explicit(marshal([]any{oidX509, explicit(marshal(c.Raw))}))}
		if i == 0 {
			bag.Attributes = attributes
		}
		certs = append(certs, bag)
	}
	algorithm, sealed, err := p.encrypt(marshal(certs))
	if err != nil {
		return nil, err
	}
	implicit := asn1.RawValue{Class: asn1.ClassContextSpecific, Bytes: sealed}
	encrypted := []any{0, []any{oidData, algorithm, implicit}}

	plain, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		return nil, fmt.Errorf("encoding a private key of type %T: %w", p.key, err)
	}
	if algorithm, sealed, err = p.encrypt(plain); err != nil {
		return nil, err
	}
	keys := []safeBag{{ID: oidShroudedKey, Value: explicit(marshal([]any{algorithm, sealed})), Attributes: attributes}}
	content := marshal([]contentInfo{
		{oidEncryptedData, explicit(marshal(encrypted))},
		{oidData, explicit(marshal(marshal(keys)))},
	})
	mac, err := p.mac(content)
	if err != nil {
		return nil, err
	}
	return marshal([]any{3, contentInfo{oidData, explicit(marshal(content))}, mac}), nil
}

// encrypt encrypts one part, with AES-256 by PBES2 (RFC 8018 6.2) or with 3DES by
// RFC 7292 appendix C.
func (p *pfx) encrypt(plain []byte) (algorithm any, sealed []byte, err error) {
	var block cipher.Block
	var iv []byte
	if p.legacy {
		salt, err := p.salt(8)
		if err != nil {
			return nil, nil, err
		}
		algorithm = []any{oidSHA3DES, []any{salt, legacyIterations}}
		iv = p.derive(sha1.New, salt, legacyIterations, 2, des.BlockSize)
		block, err = des.NewTripleDESCipher(p.derive(sha1.New, salt, legacyIterations, 1, 24))
		if err != nil {
			return nil, nil, err
		}
	} else {
		salt, err := p.salt(16 + aes.BlockSize)
		if err != nil {
			return nil, nil, err
		}
		salt, iv = salt[:16], salt[16:]
		key, err := pbkdf2.Key(sha256.New, p.passphrase, salt, pkcs12Iterations, 32)
		if err != nil {
			return nil, nil, err
		}
		prf := []any{oidHMACSHA256, asn1.NullRawValue}
		kdf := []any{oidPBKDF2, []any{salt, pkcs12Iterations, prf}}
		algorithm = []any{oidPBES2, []any{kdf, []any{oidAES256CBC, iv}}}
		if block, err = aes.NewCipher(key); err != nil {
			return nil, nil, err
		}
	}
	pad := block.BlockSize() - len(plain)%block.BlockSize()
	sealed = append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(sealed, sealed)
	return algorithm, sealed, nil
}

// mac makes MacData (RFC 7292 4).
func (p *pfx) mac(content []byte) (any, error) {
	digest, id, iterations, size := sha256.New, oidSHA256, pkcs12Iterations, 16
	if p.legacy {
		digest, id, iterations, size = sha1.New, oidSHA1, 1, 8
	}
	salt, err := p.salt(size)
	if err != nil {
		return nil, err
	}
	sum := hmac.New(digest, p.derive(digest, salt, iterations, 3, digest().Size()))
	sum.Write(content)
	return []any{[]any{[]any{id, asn1.NullRawValue}, sum.Sum(nil)}, salt, iterations}, nil
}

func (p *pfx) salt(size int) ([]byte, error) {
	b := make([]byte, size)
	_, err := io.ReadFull(p.salts, b)
	return b, err
}

// derive is the key derivation of RFC 7292 appendix B.2. The purpose is its ID: 1 for
// a key, 2 for an initialization vector, 3 for a MAC.
func (p *pfx) derive(digest func() hash.Hash, salt []byte, iterations int, purpose byte, size int) []byte {
	const v = 64 // bytes of a block of SHA-1 and SHA-256
	fill := func(b []byte) []byte {
		return bytes.Repeat(b, v)[:(len(b)+v-1)/v*v]
	}
	input := append(fill(salt), fill(append(bmp(p.passphrase), 0, 0))...)
	var out []byte
	for {
		h := digest()
		h.Write(bytes.Repeat([]byte{purpose}, v))
		h.Write(input)
		sum := h.Sum(nil)
		for range iterations - 1 {
			h.Reset()
			h.Write(sum)
			sum = h.Sum(sum[:0])
		}
		if out = append(out, sum...); len(out) >= size {
			return out[:size]
		}
		step := new(big.Int).SetBytes(bytes.Repeat(sum, v)[:v])
		step.Add(step, big.NewInt(1))
		for at := 0; at < len(input); at += v { // each block + step, modulo 2^(8v)
			sum := new(big.Int).SetBytes(input[at : at+v])
			sum.Add(sum, step).SetBit(sum, 8*v, 0)
			sum.FillBytes(input[at : at+v])
		}
	}
}

// bmp encodes a text in 16-bit characters.
func bmp(s string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = append(b, byte(unit>>8), byte(unit))
	}
	return b
}

// octets is an attribute with an OCTET STRING.
func octets(id asn1.ObjectIdentifier, sum [sha1.Size]byte) bagAttribute {
	return bagAttribute{id, []asn1.RawValue{{Tag: asn1.TagOctetString, Bytes: sum[:]}}}
}

// explicit puts a value into [0] EXPLICIT.
func explicit(der []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: der}
}

// marshal encodes a structure of this file, which never fails.
func marshal(v any) []byte {
	der, _ := asn1.Marshal(v)
	return der
}
