package lab

import "encoding/json"

// checkBinding checks the external account binding of a request (RFC 8555 7.3.4),
// and returns the key identifier of the external account.
func (l *Lab) checkBinding(binding json.RawMessage, outer *signedRequest) (kid string, err error) {
	if len(binding) == 0 || string(binding) == "null" {
		if l.options.RequireEAB {
			return "", problemf(externalAccountRequired, "new accounts require an external account binding")
		}
		return "", nil
	}
	j, err := parseJWS(binding)
	if err != nil {
		return "", problemf(malformed, "external account binding: %v", err)
	}
	switch {
	case j.kid == "":
		return "", problemf(malformed, "external account binding: want a kid, not a jwk")
	case j.hasNonce:
		return "", problemf(malformed, "external account binding: must not have a nonce")
	case j.url != outer.url:
		return "", problemf(malformed, "external account binding: url %q, want that of the request, %q", j.url, outer.url)
	case !sameKey(j.payload, outer.key):
		return "", problemf(malformed, "external account binding: the payload is not the account key of the request")
	}
	key, known := l.options.EAB[j.kid]
	if !known {
		return "", problemf(unauthorized, "external account binding: unknown key identifier %q", j.kid)
	}
	if err := j.verifyMAC(key, l.options.EABAlgorithm); err != nil {
		return "", err
	}
	return j.kid, nil
}
