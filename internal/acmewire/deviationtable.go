package acmewire

// The ids of [Deviations].
const (
	DevAccountDeactivatedFound          DeviationID = "account-deactivated-found"
	DevAccountLookupRefused             DeviationID = "account-lookup-refused"
	DevAccountMemberMissing             DeviationID = "account-member-missing"
	DevAnswerMemberCase                 DeviationID = "answer-member-case"
	DevAnswerMemberNull                 DeviationID = "answer-member-null"
	DevAnswerNotUTF8                    DeviationID = "answer-not-utf8"
	DevAnswerStatus                     DeviationID = "answer-status"
	DevAuthorizationDeactivationRefused DeviationID = "authorization-deactivation-refused"
	DevAuthorizationMemberMissing       DeviationID = "authorization-member-missing"
	DevAuthorizationRefused             DeviationID = "authorization-refused"
	DevBadNonceWithoutNonce             DeviationID = "bad-nonce-without-nonce"
	DevCertificateContentType           DeviationID = "certificate-content-type"
	DevCertificateText                  DeviationID = "certificate-text"
	DevChallengeMemberMissing           DeviationID = "challenge-member-missing"
	DevChallengeRemoved                 DeviationID = "challenge-removed"
	DevClientCertificateIssuers         DeviationID = "client-certificate-issuers"
	DevDirectoryMemberMissing           DeviationID = "directory-member-missing"
	DevEABKeyShort                      DeviationID = "eab-key-short"
	DevEABRefusedAsFailure              DeviationID = "eab-refused-as-failure"
	DevFinalizeLocationMissing          DeviationID = "finalize-location-missing"
	DevGetRedirected                    DeviationID = "get-redirected"
	DevJSONContentType                  DeviationID = "json-content-type"
	DevKeyChangeNotImplemented          DeviationID = "key-change-not-implemented"
	DevLocationRelative                 DeviationID = "location-relative"
	DevNewAccountStatus                 DeviationID = "new-account-status"
	DevNewOrderStatus                   DeviationID = "new-order-status"
	DevNonceCacheable                   DeviationID = "nonce-cacheable"
	DevNonceMalformed                   DeviationID = "nonce-malformed"
	DevNonceMissing                     DeviationID = "nonce-missing"
	DevOrderLeftPending                 DeviationID = "order-left-pending"
	DevOrderListEntryRefused            DeviationID = "order-list-entry-refused"
	DevOrderListRefused                 DeviationID = "order-list-refused"
	DevOrderListRepeats                 DeviationID = "order-list-repeats"
	DevOrderMemberMissing               DeviationID = "order-member-missing"
	DevProblemContentType               DeviationID = "problem-content-type"
	DevProblemMember                    DeviationID = "problem-member"
	DevProblemPlainJSON                 DeviationID = "problem-plain-json"
	DevProblemStatus                    DeviationID = "problem-status"
	DevProblemTypeForm                  DeviationID = "problem-type-form"
	DevProblemTypeMissing               DeviationID = "problem-type-missing"
	DevRenewalInfoExplanation           DeviationID = "renewal-info-explanation"
	DevRenewalInfoLate                  DeviationID = "renewal-info-late"
	DevRenewalInfoRetryAfter            DeviationID = "renewal-info-retry-after"
	DevRenewalInfoUnusable              DeviationID = "renewal-info-unusable"
	DevRenewalInfoURL                   DeviationID = "renewal-info-url"
	DevReplacesRefused                  DeviationID = "replaces-refused"
	DevRetryAfterUnusable               DeviationID = "retry-after-unusable"
	DevStatusUnknown                    DeviationID = "status-unknown"
	DevTKAuthType                       DeviationID = "tkauth-type"
	DevTokenAuthorityContentType        DeviationID = "token-authority-content-type"
	DevTokenAuthorityStatus             DeviationID = "token-authority-status"
	DevTokenAuthorityWhitespace         DeviationID = "token-authority-whitespace"
	DevTokenClockSkew                   DeviationID = "token-clock-skew"
	DevTokenFingerprintForm             DeviationID = "token-fingerprint-form"
	DevTokenTypeCase                    DeviationID = "token-type-case"
	DevTokenX5CLineBreaks               DeviationID = "token-x5c-line-breaks"
	DevTokenX5UForm                     DeviationID = "token-x5u-form"
)

// The packages whose code accepts a deviation.
const (
	inWire   = "acmewire"
	inEnroll = "enroll"
	inToken  = "token"
)

// Servers that the table names more than once, in the versions that were seen.
const (
	notSeen = "not seen, tolerated on principle"
	wild    = "seen in the field; the server was not noted"
	pebble  = "Pebble 2.10.1"
	stepCA  = "step-ca 0.30.2, Caddy 2.11.9"
)

// Deviations is the one table of what nfcert accepts from servers, sorted by id.
// A new leniency is a new row here, a constant above, and one call of
// [Wire.Deviated] where the code accepts it.
func Deviations() []Deviation {
	return []Deviation{
		{DevAccountDeactivatedFound, "RFC 8555 7.3.6", "The server returns a deactivated account where it must refuse the request. The status in the answer counts.", notSeen, inEnroll, false},
		{DevAccountLookupRefused, "RFC 8555 7.3.1", "The server refuses the key of an interrupted rollover with another problem than accountDoesNotExist. The old key is looked up, and stays when it has the account.", pebble + " (EdDSA)", inEnroll, false},
		{DevAccountMemberMissing, "RFC 8555 7.1.2", "An account lacks status or orders. Without status it counts as valid; without orders an order whose answer was lost is not searched for.", "orders: many CAs; status: " + wild, inWire, false},
		{DevAnswerMemberCase, "RFC 8259 8.3", "The name of a member differs in upper and lower case. It is read all the same.", notSeen, inWire, false},
		{DevAnswerMemberNull, "RFC 8555 7.1", "A member is null. It counts as absent.", "step-ca 0.30.2 (challenges)", inWire, false},
		{DevAnswerNotUTF8, "RFC 8555 5", "JSON is not UTF-8. Bytes that cannot be read are replaced.", notSeen, inWire, false},
		{DevAnswerStatus, "RFC 8555 7", "A request succeeds with another status than 200. The answer is read by its content.", notSeen, inWire, false},
		{DevAuthorizationDeactivationRefused, "RFC 8555 7.5.2", "The server refuses to deactivate a pending authorization. The order is abandoned all the same, and a warning says so.", stepCA, inEnroll, false},
		{DevAuthorizationMemberMissing, "RFC 8555 7.1.4", "An authorization lacks identifier or challenges, or is valid without expires. What is missing counts as empty.", "challenges: step-ca 0.30.2", inWire, false},
		{DevAuthorizationRefused, "RFC 8555 7.5", "The server refuses to show an authorization of an order that failed. The failure is reported without it.", notSeen, inEnroll, false},
		{DevBadNonceWithoutNonce, "RFC 8555 6.5", "A badNonce refusal brings no nonce. A new one is fetched.", notSeen, inWire, false},
		{DevCertificateContentType, "RFC 8555 7.4.2", "A chain has another media type than application/pem-certificate-chain. It is read as PEM.", notSeen, inWire, false},
		{DevCertificateText, "RFC 8555 9.1", "A chain has text around its PEM blocks. The text is ignored.", notSeen, inWire, false},
		{DevChallengeMemberMissing, "RFC 8555 8", "A challenge lacks its status or, where its type needs one, its token. What was known before counts; tkauth-01 does without a token.", notSeen, inWire, false},
		{DevChallengeRemoved, "RFC 8555 7.1.4", "A challenge that was answered is no longer in its authorization. The authorization's status decides.", notSeen, inEnroll, false},
		{DevClientCertificateIssuers, "RFC 8446 4.2.4", "The server lists the issuers whose client certificates it takes, and accepts one of another issuer. The client certificate is sent whatever the list says.", wild, inWire, false},
		{DevDirectoryMemberMissing, "RFC 8555 7.1.1", "The directory lacks revokeCert or keyChange. Only what needs it fails.", notSeen, inWire, false},
		{DevEABKeyShort, "RFC 7518 3.2", "The MAC key of an external account binding is shorter than its hash. It is used, and a warning says so.", wild, inEnroll, false},
		{DevEABRefusedAsFailure, "RFC 8555 7.3.4", "The server answers a wrong external account binding with serverInternal. The refusal is blamed on the binding.", stepCA, inEnroll, false},
		{DevFinalizeLocationMissing, "RFC 8555 7.4", "The answer to finalize has no Location, which the clause shows. The order is polled by the URL that newOrder gave.", pebble, inWire, false},
		{DevGetRedirected, "RFC 9110 15.4", "The GET of the directory or of renewal information is redirected. Up to four redirects to https are followed.", notSeen, inWire, false},
		{DevJSONContentType, "RFC 9110 8.3", "JSON has another media type than application/json, or none. It is read as JSON.", notSeen, inWire, false},
		{DevKeyChangeNotImplemented, "RFC 8555 7.3.5", "The directory names keyChange, and the server answers it with 501. The old key stays the account's.", stepCA, inEnroll, false},
		{DevLocationRelative, "RFC 8555 7.3, 7.4", "Location is a relative reference, where the clauses show the URL that names the account or order. It is resolved by RFC 9110 10.2.2.", notSeen, inWire, false},
		{DevNewAccountStatus, "RFC 8555 7.3", "newAccount answers a new account with another status than 201, or an existing one with another than 200. The account in the answer counts.", wild, inWire, false},
		{DevNewOrderStatus, "RFC 8555 7.4", "newOrder succeeds with another status than 201. The order exists, so it is used and not sent again.", wild, inWire, true},
		{DevNonceCacheable, "RFC 8555 7.2", "The answer to newNonce lacks Cache-Control: no-store. The nonce is used.", pebble, inWire, false},
		{DevNonceMalformed, "RFC 8555 6.5.1", "A nonce is not base64url or is longer than 512 characters. It is ignored, and another one is fetched.", notSeen, inWire, false},
		{DevNonceMissing, "RFC 8555 6.5", "The answer to a successful POST has no nonce. One is fetched for the next request.", notSeen, inWire, false},
		{DevOrderLeftPending, "RFC 8555 7.1.6", "A challenge has failed, and its order stays pending. The authorizations are asked for with every fourth poll, and the order counts as failed.", stepCA, inEnroll, false},
		{DevOrderListEntryRefused, "RFC 8555 7.1.2.1", "The server lists an order that it refuses to show. The order is skipped.", notSeen, inEnroll, false},
		{DevOrderListRefused, "RFC 8555 7.1.2.1", "The account names a list of orders that the server refuses to show. A lost order is not searched for.", "many CAs", inEnroll, false},
		{DevOrderListRepeats, "RFC 8555 7.1.2.1", "A page of the list of orders names an earlier page as the next. The list ends there.", notSeen, inWire, false},
		{DevOrderMemberMissing, "RFC 8555 7.1.3", "An order lacks identifiers, authorizations, finalize or, pending or valid, expires. What an earlier answer said counts; without expires it never expires.", notSeen, inWire, false},
		{DevProblemContentType, "RFC 8555 6.7", "A refusal in JSON has another media type than application/problem+json. It is read as a problem document.", wild, inWire, false},
		{DevProblemMember, "RFC 7807 3.1", "A problem is not an object, or a member of it is null or of the wrong type. What can be read is read.", wild + " (detail: null)", inWire, false},
		{DevProblemPlainJSON, "RFC 8555 6.7", "A refusal is JSON without type and detail. Its text is taken from message, error, error_description or msg.", wild, inWire, false},
		{DevProblemStatus, "RFC 7807 3.1", "The status of a problem document is not the HTTP status. The HTTP status counts.", notSeen, inWire, false},
		{DevProblemTypeForm, "RFC 8555 6.7", "The type of a problem differs from the registered one in its prefix or in upper and lower case. The last part decides, in any case.", wild, inWire, false},
		{DevProblemTypeMissing, "RFC 8555 6.7", "A problem has no type. It is reported by its HTTP status and its detail.", wild, inWire, false},
		{DevRenewalInfoExplanation, "RFC 9773 4.2", "The explanation of a renewal window is not an http or https URL, or is longer than 500 characters. It is ignored.", notSeen, inWire, false},
		{DevRenewalInfoLate, "RFC 9773 4.2", "A renewal window ends after the certificate. The renewal is due before its end.", notSeen, inEnroll, false},
		{DevRenewalInfoRetryAfter, "RFC 9773 4.3.2", "Renewal information has no Retry-After. It is asked for again after six hours.", wild, inWire, false},
		{DevRenewalInfoUnusable, "RFC 9773 4.2", "Renewal information cannot be read, or its window does not end after its start. The certificate's age decides, and a warning says so.", notSeen, inWire, false},
		{DevRenewalInfoURL, "RFC 9773 4.1", "The directory's renewalInfo ends in a slash. The identifier follows without a second one.", notSeen, inWire, false},
		{DevReplacesRefused, "RFC 9773 5", "The server refuses an order for the certificate that it replaces. The order is placed without replaces, and a warning says so.", pebble + " (serial numbers that DER writes with a leading zero)", inEnroll, false},
		{DevRetryAfterUnusable, "RFC 9110 10.2.3", "Retry-After is unreadable, negative, past or over 30 days. It counts as absent or as 30 days; each wait has its own limit.", notSeen, inWire, false},
		{DevStatusUnknown, "RFC 8555 7.1.6", "An order, authorization or challenge has a status that the clause does not know. It counts as failed.", notSeen, inWire, false},
		{DevTKAuthType, "RFC 9447 3.1", "A tkauth-01 challenge lacks tkauth-type, or spells it otherwise than atc. It counts as atc.", notSeen, inWire, false},
		{DevTokenAuthorityContentType, "RFC 9447 5", "A Token Authority answers with another media type than application/json. The answer is read as JSON.", notSeen, inToken, false},
		{DevTokenAuthorityStatus, "RFC 9447 5", "A Token Authority grants a token with another status than 200. The token is used.", notSeen, inToken, false},
		{DevTokenAuthorityWhitespace, "RFC 7515 3.1", "A token from a Token Authority has white space around it. It is removed.", notSeen, inToken, false},
		{DevTokenClockSkew, "RFC 7519 4.1", "A token is valid only by a clock that differs from this one. The difference that the options permit is accepted.", notSeen, inToken, false},
		{DevTokenFingerprintForm, "RFC 9447 4", "The fingerprint in a token is a base64url thumbprint, or is not written as SHA256 and upper-case octets with colons. It is compared by its value.", notSeen, inToken, false},
		{DevTokenTypeCase, "RFC 9447 4", "The identifier type in a token differs in upper and lower case. It is accepted.", notSeen, inToken, false},
		{DevTokenX5CLineBreaks, "RFC 7515 4.1.6", "A certificate in x5c has line breaks in its base64. They are ignored.", notSeen, inToken, false},
		{DevTokenX5UForm, "RFC 7515 4.1.5", "The certificate at x5u is in DER, or PEM blocks of other types are among the chain. The certificates are used.", wild, inToken, false},
	}
}
