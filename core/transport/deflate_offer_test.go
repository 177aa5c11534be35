package transport

import "testing"

func TestOffersDeflate(t *testing.T) {
	const name = "permessage-deflate"
	for offer, want := range map[string]bool{
		name:                              true,
		name + "; client_max_window_bits": true,
		name + ";client_max_window_bits=8; client_no_context_takeover":    true,
		name + `; client_max_window_bits="15"`:                            true,
		name + "; server_no_context_takeover":                             true,
		name + "; server_max_window_bits=10, " + name:                     true,
		"x-other; a=b, " + name:                                           true,
		name + "; server_max_window_bits=10":                              false,
		name + "; server_max_window_bits":                                 false,
		name + "; client_max_window_bits=7":                               false,
		name + "; client_max_window_bits=16":                              false,
		name + "; client_max_window_bits=010":                             false,
		name + `; client_max_window_bits="10`:                             false,
		name + "; client_max_window_bits=":                                false,
		name + "; server_no_context_takeover=1":                           false,
		name + "; client_no_context_takeover; client_no_context_takeover": false,
		name + "; other":                                                  false,
		name + ";":                                                        false,
		"x-webkit-deflate-frame":                                          false,
		name + "2":                                                        false,
		"":                                                                false,
	} {
		if got := offersDeflate([]string{offer}); got != want {
			t.Errorf("%q: taken %v, want %v", offer, got, want)
		}
	}
	if !offersDeflate([]string{"x-other", name}) {
		t.Error("an offer on a line of its own is not seen")
	}
}
