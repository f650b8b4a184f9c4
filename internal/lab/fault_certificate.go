package lab

import (
	"crypto/elliptic"
	"slices"
)

// certificateFaults are what the CA does wrong with a certificate.
type certificateFaults struct {
	dropSANURI     bool
	dropEKU        bool
	dropNFTypes    bool
	dropSubject    bool
	sanNotCritical bool
	dropName       bool
	extraName      bool
	otherKey       bool
	badChain       bool
}

// extraName is the name that the misbehaviour extra-name adds.
const extraName = "extra.lab.invalid"

// apply changes what will be certified, and returns the CA that signs it.
func (f certificateFaults) apply(req *leafRequest, issuer authority) authority {
	if f.dropSANURI {
		req.names = slices.DeleteFunc(req.names, func(n generalName) bool { return n.tag == tagURI })
	}
	if f.dropName {
		for i, n := range slices.Backward(req.names) {
			if n.tag == tagDNS {
				req.names = slices.Delete(req.names, i, i+1)
				break
			}
		}
	}
	if f.extraName {
		req.names = append(req.names, generalName{tag: tagDNS, value: extraName})
	}
	if f.dropEKU {
		req.extKeyUsage = newExtKeyUsage(oidServerAuth) // as Pebble does
	}
	if f.dropNFTypes {
		req.nfTypes = nil
	}
	if f.dropSubject {
		req.subject = []byte{0x30, 0} // an empty SEQUENCE
	}
	if f.sanNotCritical {
		req.sanCritical = false
	}
	if f.otherKey {
		req.key.public = &newECKeyPair(elliptic.P256()).PublicKey
	}
	if f.badChain {
		key := newECKeyPair(elliptic.P384())
		certificate := *issuer.certificate // the same name with another key
		certificate.PublicKey = &key.PublicKey
		return authority{&certificate, key}
	}
	return issuer
}
