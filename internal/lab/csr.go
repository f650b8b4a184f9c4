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

// Object identifiers of the extensions and key purposes that the lab copies.
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

// A leafRequest is what a checked CSR asks for, and what the CA will sign.
type leafRequest struct {
	key         publicKey
	subject     []byte // RDNSequence
	names       []generalName
	sanCritical bool
	keyUsage    *pkix.Extension
	extKeyUsage *pkix.Extension // nil when the CSR has none beside a keyUsage
	nfTypes     *pkix.Extension // nil when the CSR has none
}

// parseCSR reads a PKCS #10 request and checks it against the names that the
// order allows. Every error means badCSR.
func parseCSR(der []byte, allowed []identifier) (*leafRequest, error) {
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fmt.Errorf("not a PKCS #10 request: %w", err)
	}
	key, err := newPublicKey(csr.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("the key is refused: %w", err)
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, fmt.Errorf("the signature does not verify: %w", err)
	}
	req := &leafRequest{key: key, subject: csr.RawSubject}
	seen := make(map[string]bool)
	for _, ext := range csr.Extensions {
		if id := ext.Id.String(); seen[id] {
			return nil, fmt.Errorf("extension %s occurs twice", id)
		} else {
			seen[id] = true
		}
		if err := req.takeExtension(ext); err != nil {
			return nil, err
		}
	}
	req.addUsages()
	return req, req.checkNames(csr.Subject.CommonName, allowed)
}

// addUsages gives a CSR that says nothing of usages those of a TLS client and
// server. One that says something gets that: a roaming intermediary's asks for
// digitalSignature alone.
func (req *leafRequest) addUsages() {
	if req.keyUsage == nil && req.extKeyUsage == nil {
		purposes := defaultExtKeyUsage()
		req.extKeyUsage = &purposes
	}
	if req.keyUsage == nil {
		usage := defaultKeyUsage()
		req.keyUsage = &usage
	}
}

// takeExtension checks one requested extension and keeps it when the lab
// copies its kind. Others are left out, as RFC 8555 leaves to the CA.
func (req *leafRequest) takeExtension(ext pkix.Extension) error {
	switch {
	case ext.Id.Equal(oidSubjectAltName):
		names, err := parseGeneralNames(ext.Value)
		if err != nil {
			return fmt.Errorf("subjectAltName: %w", err)
		}
		req.names, req.sanCritical = names, ext.Critical
	case ext.Id.Equal(oidKeyUsage):
		if err := checkKeyUsage(ext.Value); err != nil {
			return fmt.Errorf("keyUsage: %w", err)
		}
		req.keyUsage = &ext
	case ext.Id.Equal(oidExtKeyUsage):
		if err := checkExtKeyUsage(ext.Value); err != nil {
			return fmt.Errorf("extKeyUsage: %w", err)
		}
		req.extKeyUsage = &ext
	case ext.Id.Equal(oidNFTypes):
		if ext.Critical {
			return fmt.Errorf("NFTypes is critical, which it must not be (RFC 9310 3)")
		}
		if err := checkNFTypes(ext.Value); err != nil {
			return fmt.Errorf("NFTypes: %w", err)
		}
		req.nfTypes = &ext
	case ext.Id.Equal(oidBasicConstraints):
		var constraints struct {
			IsCA       bool `asn1:"optional"`
			MaxPathLen int  `asn1:"optional,default:-1"`
		}
		if rest, err := asn1.Unmarshal(ext.Value, &constraints); err != nil || len(rest) > 0 {
			return fmt.Errorf("basicConstraints is malformed")
		}
		if constraints.IsCA {
			return fmt.Errorf("basicConstraints asks for a CA certificate")
		}
	}
	return nil
}

// checkNames demands that the DNS names of subjectAltName and common name, and
// the addresses, are exactly the order's (RFC 8555 7.4), and that of URIs there
// is at most one with the NF instance ID (TS 33.310 Annex J), the order's where
// it has one. Other URIs must be on a host of the order, which is proven then.
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
				return fmt.Errorf("an IP address of %d octets in subjectAltName, want 4 or 16", len(n.value))
			}
			ips = append(ips, ip.String())
		case tagURI:
			if !isInstanceURN(n.value) {
				if !onHost(n.value, allowed["dns"]) {
					return fmt.Errorf("URI name %q, want at most one urn:uuid: with the NF instance ID, or https URIs on a host of the order", n.value)
				}
				continue
			}
			instances = append(instances, strings.ToLower(n.value[len("urn:uuid:"):]))
		default:
			return fmt.Errorf("%s in subjectAltName, want DNS names, addresses and URIs", n.kind())
		}
	}
	if len(instances) > 1 {
		return fmt.Errorf("%d URI names with an NF instance ID, want at most one", len(instances))
	}
	if want := allowed[typeInstance]; len(want) > 0 && !slices.Equal(instances, want) {
		return fmt.Errorf("NF instances %q, want exactly those of the order, %q", instances, want)
	}
	slices.Sort(ips)
	if want := slices.Sorted(slices.Values(allowed[typeIP])); !slices.Equal(slices.Compact(ips), want) {
		return fmt.Errorf("addresses %q, want exactly those of the order, %q", ips, want)
	}
	if cn := strings.ToLower(commonName); isHost(cn) && !slices.Contains(dns, cn) {
		dns = append(dns, cn)
		req.names = append(req.names, generalName{tag: tagDNS, value: cn})
	}
	slices.Sort(dns)
	dns = slices.Compact(dns)
	want := slices.Sorted(slices.Values(allowed["dns"]))
	if !slices.Equal(dns, want) {
		return fmt.Errorf("names %q, want exactly those of the order, %q", dns, want)
	}
	return nil
}

// onHost reports whether an http or https URI is on one of the hosts.
func onHost(uri string, hosts []string) bool {
	u, err := url.Parse(uri)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.User == nil &&
		slices.Contains(hosts, strings.ToLower(u.Hostname()))
}

// isHost reports whether a common name is a host's, which the order must have
// then. Others name a company's device, as TS 33.310 6.1.3a has it.
func isHost(commonName string) bool {
	return strings.Contains(commonName, ".") && !strings.ContainsAny(commonName, " ,/")
}

func defaultKeyUsage() pkix.Extension {
	// BIT STRING with digitalSignature alone: one octet, seven bits unused.
	return pkix.Extension{Id: oidKeyUsage, Critical: true, Value: []byte{3, 2, 7, 0x80}}
}

func defaultExtKeyUsage() pkix.Extension {
	// Two key purposes always marshal.
	value, _ := asn1.Marshal([]asn1.ObjectIdentifier{oidServerAuth, oidClientAuth})
	return pkix.Extension{Id: oidExtKeyUsage, Value: value}
}

// checkKeyUsage refuses the bits of a CA (RFC 5280 4.2.1.3).
func checkKeyUsage(der []byte) error {
	var bits asn1.BitString
	if rest, err := asn1.Unmarshal(der, &bits); err != nil || len(rest) > 0 {
		return fmt.Errorf("not a BIT STRING")
	}
	const keyCertSign, cRLSign = 5, 6
	if bits.At(keyCertSign) != 0 || bits.At(cRLSign) != 0 {
		return fmt.Errorf("keyCertSign or cRLSign in a leaf certificate")
	}
	return nil
}

// checkExtKeyUsage admits TLS and the key purposes of RFC 9509.
func checkExtKeyUsage(der []byte) error {
	var purposes []asn1.ObjectIdentifier
	if rest, err := asn1.Unmarshal(der, &purposes); err != nil || len(rest) > 0 || len(purposes) == 0 {
		return fmt.Errorf("not a SEQUENCE of key purposes")
	}
	known := []asn1.ObjectIdentifier{oidServerAuth, oidClientAuth, oidJWT, oidHTTPEncr, oidOAuthSign}
	for _, p := range purposes {
		if !slices.ContainsFunc(known, p.Equal) {
			return fmt.Errorf("key purpose %s, want among %s", p, known)
		}
	}
	return nil
}

// checkNFTypes obeys RFC 9310 3: IA5Strings of 1 to 32 visible characters,
// each once, in ascending order.
func checkNFTypes(der []byte) error {
	var items []asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &items); err != nil || len(rest) > 0 || len(items) == 0 {
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
			return fmt.Errorf("%q has a space, a control or a non-ASCII character", value)
		case value <= previous:
			return fmt.Errorf("%q after %q, want each once and in ascending order", value, previous)
		}
		previous = value
	}
	return nil
}
