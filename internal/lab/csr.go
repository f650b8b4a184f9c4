package lab

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Object identifiers of extensions and key purposes.
var (
	oidKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidSubjectAltName   = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidExtKeyUsage      = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidNFTypes          = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 34} // RFC 9310 3

	oidServerAuth = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 1}
	oidClientAuth = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 2}
	oidJWT        = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 37} // RFC 9509 3
	oidHTTPEncr   = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 38}
	oidOAuthSign  = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 39}
)

// A leafRequest is what a checked CSR requests, and what the CA will sign.
type leafRequest struct {
	key         publicKey
	subject     []byte // RDNSequence
	names       []generalName
	sanCritical bool
	keyUsage    *pkix.Extension
	extKeyUsage *pkix.Extension // nil if the CSR has a keyUsage but no extKeyUsage
	nfTypes     *pkix.Extension // may be nil
}

// parseCSR reads a PKCS #10 request and checks that it has exactly the names of
// the order. Every error means badCSR.
func parseCSR(der []byte, order []identifier) (*leafRequest, error) {
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fmt.Errorf("not a PKCS #10 request: %w", err)
	}
	key, err := newPublicKey(csr.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("refused key: %w", err)
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, fmt.Errorf("invalid signature: %w", err)
	}
	req := &leafRequest{key: key, subject: csr.RawSubject}
	for i, ext := range csr.Extensions {
		if slices.ContainsFunc(csr.Extensions[:i], func(e pkix.Extension) bool { return e.Id.Equal(ext.Id) }) {
			return nil, fmt.Errorf("extension %s occurs twice", ext.Id)
		}
		if err := req.addExtension(ext); err != nil {
			return nil, err
		}
	}
	req.addUsages()
	return req, req.checkNames(csr.Subject.CommonName, order)
}

// addUsages adds the usages of a TLS client and server to a CSR without usages.
// A CSR of a roaming intermediary has digitalSignature only, and gets no more.
func (req *leafRequest) addUsages() {
	if req.keyUsage == nil && req.extKeyUsage == nil {
		req.extKeyUsage = newExtKeyUsage(oidServerAuth, oidClientAuth)
	}
	if req.keyUsage == nil {
		req.keyUsage = digitalSignature()
	}
}

// addExtension checks one requested extension and adds it to the request. It
// ignores unknown extensions, which RFC 8555 7.4 leaves to the CA's policy.
func (req *leafRequest) addExtension(ext pkix.Extension) (err error) {
	name := ""
	switch id := ext.Id; {
	case id.Equal(oidSubjectAltName):
		name, req.sanCritical = "subjectAltName", ext.Critical
		req.names, err = parseGeneralNames(ext.Value)
	case id.Equal(oidKeyUsage):
		name, req.keyUsage = "keyUsage", &ext
		err = checkKeyUsage(ext.Value)
	case id.Equal(oidExtKeyUsage):
		name, req.extKeyUsage = "extKeyUsage", &ext
		err = checkExtKeyUsage(ext.Value)
	case id.Equal(oidNFTypes) && ext.Critical:
		return fmt.Errorf("NFTypes must not be critical (RFC 9310 3)")
	case id.Equal(oidNFTypes):
		name, req.nfTypes = "NFTypes", &ext
		err = checkNFTypes(ext.Value)
	case id.Equal(oidBasicConstraints):
		var constraints struct {
			IsCA       bool `asn1:"optional"`
			MaxPathLen int  `asn1:"optional,default:-1"`
		}
		if !unmarshal(ext.Value, &constraints) {
			return fmt.Errorf("malformed basicConstraints")
		}
		if constraints.IsCA {
			return fmt.Errorf("basicConstraints requests a CA certificate")
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// checkNames compares the names with the identifiers of the order. The DNS names
// of subjectAltName and common name, and the addresses, must be exactly those of
// the order (RFC 8555 7.4). At most one URI may have an NF instance ID, as a
// certificate is for one instance: that of the order, if it has one. Other URIs must
// be on a host of the order.
func (req *leafRequest) checkNames(commonName string, order []identifier) error {
	allowed := map[string][]string{}
	for _, id := range order {
		allowed[id.Type] = append(allowed[id.Type], id.Value)
	}
	var dns, ips, instances []string
	for _, n := range req.names {
		switch n.tag {
		case tagDNS:
			dns = append(dns, strings.ToLower(n.value))
		case tagIP:
			ip, ok := netip.AddrFromSlice([]byte(n.value))
			if !ok {
				return fmt.Errorf("IP address of %d octets in subjectAltName, want 4 or 16", len(n.value))
			}
			ips = append(ips, ip.String())
		case tagURI:
			if !isInstanceURN(n.value) {
				if !onHost(n.value, allowed[typeDNS]) {
					return fmt.Errorf("URI name %q, want at most one urn:uuid: with the NF instance ID, or https URIs on a host of the order", n.value)
				}
				continue
			}
			instances = append(instances, strings.ToLower(n.value[len("urn:uuid:"):]))
		default:
			return fmt.Errorf("%s in subjectAltName, want DNS names, addresses and URIs", n)
		}
	}
	if len(instances) > 1 {
		return fmt.Errorf("%d URI names with an NF instance ID, want at most one", len(instances))
	}
	if want := allowed[typeInstance]; len(want) > 0 && !slices.Equal(instances, want) {
		return fmt.Errorf("NF instances %q, want exactly those of the order, %q", instances, want)
	}
	if got, want := unique(ips), unique(allowed[typeIP]); !slices.Equal(got, want) {
		return fmt.Errorf("addresses %q, want exactly those of the order, %q", got, want)
	}
	if cn := strings.ToLower(commonName); isHost(cn) && !slices.Contains(dns, cn) {
		dns = append(dns, cn)
		req.names = append(req.names, generalName{tag: tagDNS, value: cn})
	}
	if got, want := unique(dns), unique(allowed[typeDNS]); !slices.Equal(got, want) {
		return fmt.Errorf("names %q, want exactly those of the order, %q", got, want)
	}
	return nil
}

// unique returns the names sorted and without duplicates.
func unique(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

// onHost reports whether an http or https URI is on one of the hosts.
func onHost(uri string, hosts []string) bool {
	u, err := url.Parse(uri)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.User == nil &&
		slices.Contains(hosts, strings.ToLower(u.Hostname()))
}

// isHost reports whether a common name is a host name, which must then be in the
// order. Other common names are descriptive (TS 33.310 6.1.1).
func isHost(commonName string) bool {
	return strings.Contains(commonName, ".") && !strings.ContainsAny(commonName, " ,/")
}

// digitalSignature is the keyUsage of end entities: a BIT STRING with one octet,
// of which seven bits are unused.
func digitalSignature() *pkix.Extension {
	return &pkix.Extension{Id: oidKeyUsage, Critical: true, Value: []byte{3, 2, 7, 0x80}}
}

func newExtKeyUsage(purposes ...asn1.ObjectIdentifier) *pkix.Extension {
	value, _ := asn1.Marshal(purposes) // known purposes never fail
	return &pkix.Extension{Id: oidExtKeyUsage, Value: value}
}

// unmarshal reads DER, and reports whether it succeeded and nothing follows.
func unmarshal(der []byte, v any) bool {
	rest, err := asn1.Unmarshal(der, v)
	return err == nil && len(rest) == 0
}

// checkKeyUsage refuses the bits of a CA (RFC 5280 4.2.1.3).
func checkKeyUsage(der []byte) error {
	var bits asn1.BitString
	if !unmarshal(der, &bits) {
		return fmt.Errorf("not a BIT STRING")
	}
	const keyCertSign, cRLSign = 5, 6
	if bits.At(keyCertSign) != 0 || bits.At(cRLSign) != 0 {
		return fmt.Errorf("keyCertSign or cRLSign in a leaf certificate")
	}
	return nil
}

// checkExtKeyUsage accepts TLS and the key purposes of RFC 9509.
func checkExtKeyUsage(der []byte) error {
	var purposes []asn1.ObjectIdentifier
	if !unmarshal(der, &purposes) || len(purposes) == 0 {
		return fmt.Errorf("not a SEQUENCE of key purposes")
	}
	known := []asn1.ObjectIdentifier{oidServerAuth, oidClientAuth, oidJWT, oidHTTPEncr, oidOAuthSign}
	for _, p := range purposes {
		if !slices.ContainsFunc(known, p.Equal) {
			return fmt.Errorf("key purpose %s, want one of %s", p, known)
		}
	}
	return nil
}

// checkNFTypes accepts IA5Strings of 1 to 32 visible characters, each once, in
// ascending order (RFC 9310 3).
func checkNFTypes(der []byte) error {
	var items []asn1.RawValue
	if !unmarshal(der, &items) || len(items) == 0 {
		return fmt.Errorf("not a SEQUENCE of NF types")
	}
	previous := ""
	for _, item := range items {
		value := string(item.Bytes)
		switch {
		case item.Class != asn1.ClassUniversal || item.Tag != asn1.TagIA5String || item.IsCompound:
			return fmt.Errorf("%q has tag %d, want an IA5String", value, item.Tag)
		case len(value) < 1 || len(value) > 32:
			return fmt.Errorf("%q has %d characters, want 1 to 32", value, len(value))
		case strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }):
			return fmt.Errorf("%q has a space, a control character or a non-ASCII character", value)
		case value <= previous:
			return fmt.Errorf("%q after %q, want each once and in ascending order", value, previous)
		}
		previous = value
	}
	return nil
}
