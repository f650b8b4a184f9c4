// Package realca runs real ACME servers, Pebble and step-ca, as child
// processes on loopback, each with trust material, ports and a DNS server of
// its own, so that nfcert can be tested and measured against code written by
// others.
//
// A server that Start returned is ready: its directory has been read over
// verified TLS. Stop must be called; on Linux the server also dies with the
// process that started it.
package realca
