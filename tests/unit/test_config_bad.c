/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_config_bad.c - files that are refused: each with one error that has the place, the value
 * and what would be right. What the rest accepts: test_config.c.
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "config.h"
#include "config_schema.h"
#include "test_config_cases.h"

static const struct bad cases[] = {
	/* what is no YAML */
	{"empty file", "", 1, 1, "empty", "write version: 1"},
	{"only comments", "# a\n\n  # b\n", 1, 1, "empty", "write version: 1"},
	{"only a document mark", "---\n", 2, 1, "empty value", "write version: 1"},
	{"tab as indentation", HEAD "pf:\n\tvlan: 1\n", 5, 1, "'\\tvlan: 1'", "indent with spaces"},
	{"tab in a plain value", "version: 1\nswitch: a\n\tb\n", 3, 1, "'\\tb'", "spaces"},
	{"list not closed", HEAD "vfs: [1\npf: {}\n", 5, 3, "': {}'", "close the list with ']'"},
	{"map not closed", HEAD "pf: {vlan: 1\n", 5, 1, "end of the file", "close the map"},
	{"quote not closed", HEAD "pf: {trunk: \"all}\n", 5, 1, "end of the file", "quotes"},
	{"two colons", "version: 1: 2\n", 1, 11, "': 2'", "quote a value"},
	{"wrong indentation", HEAD "  pf: {}\n", 4, 3, "'pf: {}'", "indentation"},
	{"map after a list", "- a\nversion: 1\n", 2, 1, "'version: 1'", "indentation"},
	{"character that begins nothing", HEAD "pf: @a\n", 4, 5, "'@a'", "quote"},
	{"no space after colon", "version:1\n", 1, 1, "'version:1'", "write version: 1"},
	{"YAML 2", "%YAML 2.0\n---\nversion: 1\n", 1, 1, "'%YAML 2.0'", "1.2"},
	{"tag directive", "%TAG ! x\n---\nversion: 1\n", 1, 1, "'%TAG'", "take the line out"},
	{"tag", "version: !!int 1\n", 1, 10, "'tag:yaml.org,2002:int'", "the value alone"},
	{"tag of a map", HEAD "pf: !x {}\n", 4, 5, "'!x'", "the value alone"},
	{"two documents", HEAD "---\nversion: 1\n", 4, 1, "'---'", "one file holds one switch"},
	{"text behind the end", HEAD "...\nfoo\n", 5, 1, "'foo'", "one file holds one document"},
	{"control character", "version: 1\nswitch: \x01\n", 2, 9, "'\\x01'", "UTF-8"},
	{"bytes above 0x7f", "version: 1\nswitch: \xff\xfe\n", 2, 9, "'\\xff'", "UTF-8"},
	{"UTF-8 cut short", "version: 1\nswitch: a\xe2\x82", 2, 10, "'\\xe2'", "UTF-8"},
	{"column counts characters", "version: 1\n\"\xc3\xa4\": x: y\n", 2, 7, "': y'", "quote"},
	{"alias of nothing", HEAD "pf: *nobody\n", 4, 5, "'nobody'", "write &nobody"},
	{"alias of itself", HEAD "vfs: &v [*v]\n", 4, 10, "'v'", "take it out"},

	/* keys */
	{"a scalar for a file", "hello\n", 1, 1, "'hello'", "write version: 1"},
	{"a list for a file", "[version, 1]\n", 1, 1, "a list", "write version: 1"},
	{"unknown key", HEAD "colour: red\n", 4, 1, "'colour'", "these are version, switch"},
	{"misspelt key", HEAD "upink: {dev: eth1}\n", 4, 1, "'upink'", "did you mean 'uplink'?"},
	{"exchanged letters", HEAD "vsf: []\n", 4, 1, "'vsf'", "did you mean 'vfs'?"},
	{"key in capitals", VF("VLAN: 1"), 8, 5, "'VLAN'", "these are id, dev"},
	{"misspelt key of a VF", VF("spoofcheck: on"), 8, 5, "'spoofcheck'", "mean 'spoofchk'?"},
	{"minus for underscore", VF("max-tx-rate: 1"), 8, 5, "'max-tx-rate'", "'max_tx_rate'?"},
	{"key of another map", HEAD "pf: {spoofchk: on}\n", 4, 6, "'spoofchk'", "to a VF"},
	{"key of the VF's uplink", VF("uplink: {dev: a}"), 8, 5, "'uplink'", "to the file"},
	{"merge key", HEAD "pf: {<<: {vlan: 1}}\n", 4, 6, "'<<'", "write the keys out"},
	{"no key", HEAD ": 1\n", 4, 1, "': 1'", "indentation"},
	{"empty key", HEAD "? \n: 1\n", 4, 2, "an empty value", "these are version"},
	{"list as key", HEAD "[a]: 1\n", 4, 1, "a list", "these are version"},
	{"key with a NUL", HEAD "\"pf\\0\": {}\n", 4, 1, "'pf\\x00'", "did you mean 'pf'?"},
	{"repeated key", HEAD "switch: edge1\n", 4, 1, "'switch'", "line 2 already"},
	{"repeated key of a VF", VF("id: 1"), 8, 5, "'id'", "line 5 already"},
	{"repeated key in quotes", VF("\"dev\": b"), 8, 5, "'dev'", "line 6 already"},
	{"no version", "switch: a\nuplink: {dev: b}\n", 1, 1, "'version'", "write version: 1"},
	{"no switch", "# x\nversion: 1\nuplink: {dev: b}\n", 2, 1, "'switch'", "write switch:"},
	{"no uplink", "version: 1\nswitch: a\n", 1, 1, "'uplink'", "write uplink: {dev: eth0}"},
	{"no device of the uplink", "version: 1\nswitch: a\nuplink: {hook: tc}\n", 3, 9, "'dev'",
	 "write dev: eth0"},
	{"no id", HEAD "vfs: [{dev: a, " MAC1 "}]\n", 4, 7, "'id'", "write id: 0"},
	{"no device of a VF", HEAD "vfs: [{id: 0, " MAC1 "}]\n", 4, 7, "'dev'", "write dev: vf0h"},
	{"no name of a guest", VF("guest: {netns: red}"), 8, 12, "'name'", "write name: eth0"},
	{"no netns of a guest", VF("guest: {name: a}"), 8, 12, "'netns'", "write netns: red"},
	{"no mac without guest", HEAD "vfs:\n  - {id: 3, dev: a}\n", 5, 5, "vf3", "write mac:"},

	/* types */
	{"scalar for a map", "version: 1\nswitch: a\nuplink: eth0\n", 3, 9, "'eth0'",
	 "uplink: {dev: eth0}"},
	{"nothing for a map", "version: 1\nuplink:\n", 2, 8, "an empty value", "{dev: eth0}"},
	{"list for a map", HEAD "pf: [vlan]\n", 4, 5, "a list", "pf: {trunk: all}"},
	{"map for a list", HEAD "vfs: {id: 0}\n", 4, 6, "a map", "one '- ' entry for each VF"},
	{"scalar for a list", HEAD "vfs: all\n", 4, 6, "'all'", "one '- ' entry for each VF"},
	{"scalar for a VF", HEAD "vfs: [vf0]\n", 4, 7, "'vf0'", "a map such as {id: 0"},
	{"nothing for a VF", HEAD "vfs:\n  -\n", 5, 4, "an empty value", "a map such as"},
	{"map for a number", VF("vlan: {id: 1}"), 8, 11, "a map", "0 to 4094"},
	{"list for a number", VF("vlan: [1]"), 8, 11, "a list", "0 to 4094"},
	{"list for a word", VF("state: [auto]"), 8, 12, "a list", "auto, enable, disable"},
	{"map for a switch", VF("strip: {}"), 8, 12, "an empty map", "write on, off"},
	{"list for a name", "version: 1\nswitch: [a]\n", 2, 9, "a list", "1 to 15"},
	{"map for a mac", HEAD "pf: {mac: {}}\n", 4, 11, "an empty map", "six bytes such as"},

	/* numbers */
	{"version 2", "version: 2\n", 1, 10, "'2'", "reads: 1"},
	{"version in quotes", "version: \"1\"\n", 1, 10, "'1'", "without quotes"},
	{"version 1.0", "version: 1.0\n", 1, 10, "'1.0'", "reads: 1"},
	{"VLAN 4095", VF("vlan: 4095"), 8, 11, "'4095'", "is not a VLAN: 0 to 4094"},
	{"VLAN -1", VF("vlan: -1"), 8, 11, "'-1'", "is not a VLAN: 0 to 4094"},
	{"VLAN +1", VF("vlan: +1"), 8, 11, "'+1'", "0 to 4094, decimal or 0x"},
	{"VLAN 10abc", VF("vlan: 10abc"), 8, 11, "'10abc'", "0 to 4094, decimal or 0x"},
	{"VLAN 010", VF("vlan: 010"), 8, 11, "'010'", "without leading zeros"},
	{"VLAN 00", VF("vlan: 00"), 8, 11, "'00'", "without leading zeros"},
	{"VLAN 0o17", VF("vlan: 0o17"), 8, 11, "'0o17'", "decimal or 0x"},
	{"VLAN 1e2", VF("vlan: 1e2"), 8, 11, "'1e2'", "decimal or 0x"},
	{"VLAN yes", VF("vlan: yes"), 8, 11, "'yes'", "decimal or 0x"},
	{"VLAN 1_0", VF("vlan: 1_0"), 8, 11, "'1_0'", "decimal or 0x"},
	{"VLAN of two words", VF("vlan: 10 20"), 8, 11, "'10 20'", "decimal or 0x"},
	{"VLAN of two lines", VF("vlan: 10\n      20"), 8, 11, "'10 20'", "decimal or 0x"},
	{"VLAN 0x", VF("vlan: 0x"), 8, 11, "'0x'", "decimal or 0x"},
	{"VLAN 0X10", VF("vlan: 0X10"), 8, 11, "'0X10'", "decimal or 0x"},
	{"VLAN 0xfff", VF("vlan: 0xfff"), 8, 11, "'0xfff'", "0 to 4094"},
	{"VLAN of 20 digits", VF("vlan: 18446744073709551626"), 8, 11, "'18446744073709551626'",
	 "0 to 4094"},
	{"VLAN in quotes", VF("vlan: '10'"), 8, 11, "'10'", "without quotes"},
	{"VLAN with a no-break space", VF("vlan: 10\xc2\xa0"), 8, 11, "'10\\xc2\\xa0'",
	 "0 to 4094"},
	{"VLAN with a NUL", VF("vlan: \"10\\0\""), 8, 11, "'10\\x00'", "0 to 4094"},
	{"VLAN null", VF("vlan: ~"), 8, 11, "'~'", "0 to 4094"},
	{"no VLAN behind the colon", VF("vlan:"), 8, 10, "an empty value", "0 to 4094"},
	{"value that is too long to print",
	 VF("vlan: 012345678901234567890123456789012345678901234"
	    "56789012345678901234567890"),
	 8, 11, "'0123456789012345678901234567890123456789012345678901234...'", "0 to 4094"},
	{"id 256", HEAD "vfs: [{id: 256}]\n", 4, 12, "'256'", "0 to 255"},
	{"qos 8", VF("qos: 8"), 8, 10, "'8'", "is not a priority: 0 to 7"},
	{"mtu 67", VF("mtu: 67"), 8, 10, "'67'", "is not an MTU: 68 to 65535"},
	{"mtu 65536", VF("mtu: 65536"), 8, 10, "'65536'", "68 to 65535"},

	/* words and names */
	{"spoofchk yes", VF("spoofchk: yes"), 8, 15, "'yes'", "write on, off, true or false"},
	{"spoofchk On", VF("spoofchk: On"), 8, 15, "'On'", "write on, off"},
	{"spoofchk 1", VF("spoofchk: 1"), 8, 15, "'1'", "write on, off"},
	{"spoofchk \"true\"", VF("spoofchk: \"true\""), 8, 15, "'true'", "without quotes"},
	{"unknown hook", "version: 1\nuplink: {dev: a, hook: fast}\n", 2, 24, "'fast'",
	 "auto, tc, xdp"},
	{"unknown state", VF("state: up"), 8, 12, "'up'", "auto, enable, disable"},
	{"unknown protocol", VF("proto: 802.1q"), 8, 12, "'802.1q'", "802.1Q, 802.1ad"},
	{"unknown relay", HEAD "relay: vebb\n", 4, 8, "'vebb'", "veb, vepa, private, bridge"},
	{"name of 16 characters", "switch: abcdefghijklmnop\n", 1, 9, "'abcdefghijklmnop'",
	 "1 to 15"},
	{"no name", "switch: \"\"\n", 1, 9, "''", "1 to 15"},
	{"name of a dot", "switch: .\n", 1, 9, "'.'", "A-Z a-z 0-9 _ -"},
	{"name of two dots", "switch: ..\n", 1, 9, "'..'", "A-Z a-z 0-9 _ -"},
	{"name with a slash", "switch: a/b\n", 1, 9, "'a/b'", "A-Z a-z 0-9 _ -"},
	{"name like an option", "switch: --all\n", 1, 9, "'--all'", "not beginning with -"},
	{"name with an umlaut", "switch: k\xc3\xb6ln\n", 1, 9, "'k\\xc3\\xb6ln'", "1 to 15"},
	{"device of 16 characters", "uplink: {dev: abcdefghijklmnop}\n", 1, 15,
	 "'abcdefghijklmnop'", "1 to 15"},
	{"device of a dot", VF_HEAD "  - {id: 1, dev: .}\n", 8, 18, "'.'", "1 to 15"},
	{"device of two dots", VF_HEAD "  - {id: 1, dev: ..}\n", 8, 18, "'..'", "1 to 15"},
	{"device with a slash", VF_HEAD "  - {id: 1, dev: a/b}\n", 8, 18, "'a/b'", "without / :"},
	{"device with a colon", VF_HEAD "  - {id: 1, dev: a:1}\n", 8, 18, "'a:1'", "without / :"},
	{"device with a space", VF_HEAD "  - {id: 1, dev: a b}\n", 8, 18, "'a b'", "1 to 15"},
	{"device for the kernel to number", VF_HEAD "  - {id: 1, dev: v%d}\n", 8, 18, "'v%d'", "%"},
	{"device null", VF_HEAD "  - {id: 1, dev: null}\n", 8, 18, "'null'", "1 to 15"},
	{"device with an escape", VF_HEAD "  - {id: 1, dev: \"\\e[2J\"}\n", 8, 18, "'\\x1b[2J'",
	 "visible"},
	{"name of a guest with a slash", VF("guest: {netns: red, name: a/b}"), 8, 31, "'a/b'",
	 "1 to 15"},
	{"relative netns", VF("guest: {netns: run/red, name: a}"), 8, 20, "'run/red'", "absolute"},
	{"netns of two dots", VF("guest: {netns: .., name: a}"), 8, 20, "'..'", "ip netns"},
	{"empty netns", VF("guest: {netns: '', name: a}"), 8, 20, "''", "ip netns"},

	/* addresses */
	{"bad MAC", HEAD "pf: {mac: 02:00:00:00:00}\n", 4, 11, "'02:00:00:00:00'", "six bytes"},
	{"MAC with minus", HEAD "pf: {mac: 02-00-00-00-00-01}\n", 4, 11, "'02-00-00-00-00-01'",
	 "such as 02:00:00:00:01:00"},
	{"MAC with a wrong digit", HEAD "pf: {mac: 02:00:00:00:00:0g}\n", 4, 11, "0g'",
	 "six bytes"},
	{"MAC with a digit too many", HEAD "pf: {mac: 02:00:00:00:00:011}\n", 4, 11, "011'", "six"},
	{"MAC with short bytes", HEAD "pf: {mac: 2:0:0:0:0:1}\n", 4, 11, "'2:0:0:0:0:1'", "six"},
	{"multicast MAC", HEAD "pf: {mac: 01:00:5e:00:00:01}\n", 4, 11, "'01:00:5e:00:00:01'",
	 "group address: the first byte must be even"},
	{"broadcast MAC", HEAD "pf: {mac: ff:ff:ff:ff:ff:ff}\n", 4, 11, "'ff:ff:ff:ff:ff:ff'",
	 "group address"},
	{"zero MAC", HEAD "pf: {mac: 00:00:00:00:00:00}\n", 4, 11, "'00:00:00:00:00:00'",
	 "write one such as"},
	{"bad MAC in a list", HEAD "pf: {mac: [02:00:00:00:00:01, x]}\n", 4, 31, "'x'",
	 "six bytes"},
	{"list in a list of MACs", HEAD "pf: {mac: [[]]}\n", 4, 12, "an empty list", "six bytes"},
	{"MAC twice in a list", HEAD "pf: {mac: [02:00:00:00:00:0a, 02:00:00:00:00:0A]}\n", 4, 31,
	 "'02:00:00:00:00:0A'", "take one out"},
	{"VF with an empty list of MACs", HEAD "vfs: [{id: 0, dev: a, mac: []}]\n", 4, 28,
	 "an empty list", "write one"},
	{"guest with an empty list of MACs", GUEST_HEAD "    mac: []\n", 8, 10, "an empty list",
	 "or leave mac out"},

	/* VLANs of one port */
	{"range backwards", VF("trunk: [310-300]"), 8, 13, "'310-300'", "write 300-310"},
	{"VLAN 0 in a trunk", VF("trunk: [0]"), 8, 13, "'0'", "1 to 4094"},
	{"VLAN 4095 in a trunk", VF("trunk: [1, 4095]"), 8, 16, "'4095'", "1 to 4094"},
	{"range to 4095", VF("trunk: [4000-4095]"), 8, 13, "'4000-4095'", "1 to 4094"},
	{"range from 0", VF("trunk: [0-10]"), 8, 13, "'0-10'", "1 to 4094"},
	{"range with spaces", VF("trunk: [1 - 10]"), 8, 13, "'1 - 10'", "300-310"},
	{"range without end", VF("trunk: [1-]"), 8, 13, "'1-'", "300-310"},
	{"range of three", VF("trunk: [1-2-3]"), 8, 13, "'1-2-3'", "300-310"},
	{"trunk with leading zero", VF("trunk: [01]"), 8, 13, "'01'", "1 to 4094"},
	{"empty trunk", VF("trunk: []"), 8, 12, "an empty list", "[200, 300-310], or all"},
	{"trunk of a word", VF("trunk: any"), 8, 12, "'any'", "or all"},
	{"trunk of a number", VF("trunk: 200"), 8, 12, "'200'", "a list such as [200, 300-310]"},
	{"all in a list", VF("trunk: [all]"), 8, 13, "'all'", "1 to 4094"},
	{"list in a trunk", VF("trunk: [[1]]"), 8, 13, "a list", "1 to 4094"},
	{"VLAN twice in a trunk", VF("trunk: [5, 5]"), 8, 16, "'5'", "name it once"},
	{"ranges that overlap", VF("trunk: [5-9, 8-12]"), 8, 18, "'8-12' has VLAN 8", "once"},
	{"vlan in the trunk", VF("vlan: 10\n    trunk: [9, 8, 10]"), 9, 19, "VLAN 10",
	 "(line 8), its untagged VLAN: take it out"},
	{"vlan in a range of the trunk", VF("vlan: 10\n    trunk: [5-20]"), 9, 13, "VLAN 10",
	 "take it out"},
	{"vlan in the trunk of the PF", HEAD "pf: {vlan: 10, trunk: [10]}\n", 4, 24, "VLAN 10",
	 "take it out"},
	{"qos without vlan", VF("qos: 3"), 8, 10, "qos: 3", "give a vlan"},
	{"strip off without vlan", VF("strip: off"), 8, 12, "strip: off", "give a vlan"},
	{"proto without vlan and trunk", VF("proto: 802.1ad"), 8, 12, "802.1ad", "give one"},
	{"untagged with vlan", VF("vlan: 10\n    untagged: on"), 9, 15, "untagged: on",
	 "vlan: 10 (line 8), where untagged frames belong: take one out"},
	{"untagged off with trunk all", VF("trunk: all\n    untagged: off"), 9, 15,
	 "contradicts trunk: all", "[1-4094]"},
	{"untagged off alone", VF("untagged: off"), 8, 15, "without vlan or trunk", "[1-4094]"},
	{"untagged off of a bare PF", HEAD "pf: {untagged: off}\n", 4, 16, "trunk: all",
	 "[1-4094]"},
	{"mtu without guest", VF("mtu: 1400"), 8, 10, "mtu: 1400", "set the MTU of a yourself"},

	/* two ports */
	{"two VFs with one id", TWO("id: 4, dev: a, " MAC1, "id: 4, dev: b, " MAC2), 6, 10, "id: 4",
	 "the VF in line 5"},
	{"two VFs with one device", TWO("id: 0, dev: a, " MAC1, "id: 1, dev: a, " MAC2), 6, 18,
	 "'a'", "vf0's already (line 5)"},
	{"VF with the uplink's device", HEAD "vfs: [{id: 0, dev: eth0, " MAC1 "}]\n", 4, 20,
	 "'eth0'", "the uplink already (line 3)"},
	{"two guests with one name",
	 TWO("id: 0, dev: a, guest: {netns: red, name: e}",
	     "id: 1, dev: b, guest: {name: e, netns: /var/run/netns/red}"),
	 6, 28, "'e' in netns '/var/run/netns/red'", "vf0's already (line 5)"},
	{"one MAC in no VLAN", TWO("id: 0, dev: a, " MAC1, "id: 1, dev: b, " MAC1), 6, 26,
	 "'02:00:00:00:00:01' is vf0's already (line 5)", "no VLAN: give another address"},
	{"one MAC in one VLAN",
	 TWO("id: 0, dev: a, vlan: 7, " MAC1, "id: 1, dev: b, vlan: 7, " MAC1), 6, 35,
	 "'02:00:00:00:00:01' is vf0's already (line 5)", "both are in VLAN 7 (802.1Q)"},
	{"one MAC in one S-VLAN",
	 TWO("id: 0, dev: a, vlan: 7, proto: 802.1ad, " MAC1,
	     "id: 1, dev: b, trunk: [6-8], proto: 802.1ad, " MAC1),
	 6, 56, "vf0's already", "VLAN 7 (802.1ad)"},
	{"one MAC in trunks that meet",
	 TWO("id: 0, dev: a, trunk: [1-99], " MAC1, "id: 1, dev: b, trunk: [99-200], " MAC1), 6, 43,
	 "vf0's already", "VLAN 99 (802.1Q)"},
	{"one MAC in a VLAN and in all",
	 TWO("id: 0, dev: a, trunk: all, " MAC1, "id: 1, dev: b, vlan: 4094, " MAC1), 6, 38,
	 "vf0's already", "VLAN 4094"},
	{"one MAC in all and all",
	 TWO("id: 0, dev: a, trunk: all, vlan: 5, " MAC1, "id: 1, dev: b, trunk: all, " MAC1), 6,
	 38, "vf0's already", "VLAN 1 "},
	{"one MAC among several",
	 TWO("id: 0, dev: a, mac: [02:00:00:00:00:05, 02:00:00:00:00:06]",
	     "id: 1, dev: b, mac: [02:00:00:00:00:07, 02:00:00:00:00:06]"),
	 6, 46, "'02:00:00:00:00:06'", "another address"},
	{"MAC of the PF", HEAD "pf: {" MAC1 "}\nvfs:\n  - {id: 0, dev: a, " MAC1 "}\n", 6, 26,
	 "'02:00:00:00:00:01' is pf's already (line 4)", "another address"},
	{"MAC of the PF, which takes S-VLANs too",
	 HEAD "vfs:\n  - {id: 0, dev: a, vlan: 9, proto: 802.1ad, " MAC1 "}\npf: {" MAC1 "}\n", 5,
	 51, "pf's already (line 6)", "VLAN 9 (802.1ad)"},

	/* kinds of devices */
	{"kind macvlan", VF("kind: macvlan"), 8, 11, "'macvlan'", "auto, veth, tap, macvtap, afxdp"},
	{"kind tap with guest", GUEST_HEAD "    kind: tap\n", 8, 11, "tap contradicts guest (line 7)",
	 "take one out"},
	{"kind macvtap with guest", GUEST_HEAD "    kind: macvtap\n", 8, 11, "macvtap contradicts",
	 "take one out"},
	{"kind macvtap with hook xdp", VF("hook: xdp\n    kind: macvtap"), 8, 11, "hook: xdp",
	 "write hook: tc"},
	{"kind afxdp with hook tc", VF("kind: afxdp\n    hook: tc"), 9, 11, "hook: tc",
	 "write hook: xdp"},
	{"kind of a group with the VF's hook",
	 HEAD "portgroups: [{name: g, kind: afxdp}]\n"
	      "vfs: [{id: 0, dev: a, " MAC1 ", portgroup: g, hook: tc}]\n",
	 5, 67, "hook: tc", "(vf0, portgroup g)"},
	{"kind of a group with the VF's guest",
	 HEAD "portgroups: [{name: g, kind: tap}]\n"
	      "vfs: [{id: 0, dev: a, guest: {netns: r, name: e}, portgroup: g}]\n",
	 4, 30, "tap contradicts guest (line 5)", "(vf0, portgroup g)"},
	{"kind of the PF", HEAD "pf: {kind: tap}\n", 4, 6, "'kind'", "a VF"},

	{"unknown kind of storm", VF("storm: {unicast: 0}"), 8, 13, "'unicast'", "multicast"},

	/* what only an extender has, or a bridge */
	{"replication", HEAD "replication: [{grp: 1}]\n", 4, 1,
	 "'replication' is not a key of the file", "an extender's or a bridge's"},
	{"cascade", HEAD "cascade: [{dev: a}]\n", 4, 1, "'cascade' is not a key of the file",
	 "only an extender"},
	{"tag", HEAD "tag: e-tag\n", 4, 1, "'tag' is not a key of the file", "only an extender"},
	{"ecid", VF("ecid: 0x012"), 8, 5, "'ecid' is not a key of a VF", "relay: extender"},
	{"vif", VF("vif: 5"), 8, 5, "'vif' is not a key of a VF", "relay: extender"},
	{"tag of a VF", VF("tag: e-tag"), 8, 5, "'tag' is not a key of a VF", "top of its file"},
	{"ecid of the PF", HEAD "pf: {ecid: 1}\n", 4, 6, "'ecid' is not a key of pf",
	 "relay: extender"},
};
/* clang-format on */

static void assert_refused_bytes(const char *what, const char *text, size_t len,
				 const struct bad *bad, int err_no)
{
	assert_true(is_refused(what, text, len, bad, err_no));
}

static void every_bad_file_has_one_error_with_place_value_and_remedy(void **state)
{
	(void)state;
	assert_all_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

/* A byte that YAML does not know makes a file as bad as its length does. */
static void a_binary_file_is_refused(void **state)
{
	static const char nul[] = "version: 1\nswitch: a\0b\n";
	const struct bad at_nul = {"", "", 2, 10, "'\\x00'", "UTF-8"};
	const struct bad at_first = {"", "", 1, 1, "", "UTF-8"};
	static const char utf16[] = "\xff\xfev\0e\0r\0s\0i\0o\0n\0:\0 \0\061\0\n\0";
	static const char elf[] = "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0";
	unsigned char noise[4096];
	uint32_t seed = 1;

	(void)state;
	assert_refused_bytes("NUL", nul, sizeof(nul) - 1, &at_nul, -EINVAL);
	assert_refused_bytes("UTF-16", utf16, sizeof(utf16) - 1, &at_first, -EINVAL);
	assert_refused_bytes("ELF", elf, sizeof(elf) - 1, &at_first, -EINVAL);
	memset(noise, 0xff, sizeof(noise));
	assert_refused_bytes("0xff", (char *)noise, sizeof(noise), &at_first, -EINVAL);
	for (int round = 0; round < 1000; round++) {
		struct config *cfg = NULL;
		struct config_error err;
		size_t len = (size_t)round % sizeof(noise);

		for (size_t i = 0; i < len; i++) {
			seed = seed * 1664525 + 1013904223;
			noise[i] = (unsigned char)(seed >> 24);
		}
		assert_int_equal(config_parse("x", (char *)noise, len, &cfg, &err), -EINVAL);
		assert_null(cfg);
	}
}

static void a_file_that_is_too_long_is_refused_unread(void **state)
{
	const struct bad bad = {"", "", 1, 1, "longer than 1048576 bytes", "shorter"};
	size_t len = 10 * 1024 * 1024;
	char path[] = "/tmp/evbpf-test-XXXXXX", *text = malloc(len);
	struct config *cfg = NULL;
	struct config_error err;
	FILE *file;

	(void)state;
	assert_non_null(text);
	memset(text, '#', len);
	assert_refused_bytes("10 MB", text, len, &bad, -EFBIG);
	assert_refused_bytes("one byte more", text, CONFIG_FILE_MAX + 1, &bad, -EFBIG);

	file = fdopen(mkstemp(path), "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(config_read(path, &cfg, &err), -EFBIG);
	assert_non_null(strstr(err.text, bad.value));
	assert_null(cfg);
	remove(path);
	free(text);
}

/* The greatest file that is read at all, full of what costs a parser most: a second is plenty. */
static void deep_nesting_is_refused_at_once(void **state)
{
	static const struct {
		const char *unit;
		struct bad bad;
	} deep[] = {
		{"[", {"", "", 1, 17, "too deep", "at most 16 levels"}},
		{"{a: ", {"", "", 1, 65, "too deep", "at most 16 levels"}},
		{"- ", {"", "", 1, 33, "too deep", "at most 16 levels"}},
	};
	const size_t lens[] = {10000, CONFIG_FILE_MAX / 4};
	char *text = malloc(CONFIG_FILE_MAX);
	clock_t start = clock();

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < 3; i++) {
		size_t unit = strlen(deep[i].unit);

		for (size_t l = 0; l < 2; l++) {
			for (size_t n = 0; n < lens[l]; n++)
				memcpy(text + n * unit, deep[i].unit, unit);
			assert_refused_bytes("depth", text, lens[l] * unit, &deep[i].bad, -EINVAL);
		}
	}
	assert_true((clock() - start) / CLOCKS_PER_SEC < 5);
	free(text);
}

static void a_billion_laughs_are_refused(void **state)
{
	/* each level is ten times the one above: level 6 has 1 111 111 values */
	const struct bad bad = {"", "", 6, 35, "1048576 values", "write fewer aliases"};
	char text[1024];
	size_t used;

	(void)state;
	used = (size_t)snprintf(text, sizeof(text), "a: &a [x,x,x,x,x,x,x,x,x,x]\n");
	for (char c = 'b'; c <= 'j'; c++) {
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%c: &%c [", c, c);
		for (int i = 0; i < 10; i++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s*%c",
						 i ? "," : "", c - 1);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "]\n");
	}
	assert_refused_bytes("billion laughs", text, used, &bad, -EINVAL);
}

static void anchors_without_end_are_refused(void **state)
{
	const struct bad bad = {"", "", 1, 2 + 3 * TREE_ANCHORS_MAX, "'x'", "at most 1024"};
	size_t n = 100000;
	char *text = malloc(3 * n + 2);

	(void)state;
	assert_non_null(text);
	text[0] = '[';
	for (size_t i = 0; i < n; i++)
		memcpy(text + 1 + 3 * i, "&x,", 3);
	assert_refused_bytes("anchors", text, 1 + 3 * n, &bad, -EINVAL);
	free(text);
}

static void vf_number_257_is_one_too_many(void **state)
{
	const struct bad bad = {"", "", 5 + 256, 3, "number 257 of 257", "at most 256"};
	size_t room = 64 * 1024, used;
	char *text = malloc(room);

	(void)state;
	assert_non_null(text);
	used = (size_t)snprintf(text, room, HEAD "vfs:\n");
	for (int i = 0; i < 257; i++)
		used += (size_t)snprintf(text + used, room - used,
					 "- {id: %d, dev: v%d, guest: {netns: n%d, name: eth0}}\n",
					 i, i, i);
	assert_refused_bytes("257 VFs", text, used, &bad, -EINVAL);
	free(text);
}

static void address_33_is_one_too_many(void **state)
{
	const struct bad bad = {"", "", 5 + 33, 5, "'02:00:00:00:00:20'", "at most 32"};
	char text[2048];
	size_t used = (size_t)snprintf(text, sizeof(text), HEAD "pf:\n  mac:\n");

	(void)state;
	for (int i = 0; i < 33; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "  - 02:00:00:00:00:%02x\n", i);
	assert_refused_bytes("33 addresses", text, used, &bad, -EINVAL);
}

static void a_netns_that_is_too_long_is_refused(void **state)
{
	const struct bad bad = {"", "", 8, 20, "/aaaaaaaa", "up to 255 bytes"};
	char text[1024], path[258];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[256] = '\0';
	snprintf(text, sizeof(text), VF_HEAD "    guest: {netns: %s, name: eth0}\n", path);
	assert_refused_bytes("netns", text, strlen(text), &bad, -EINVAL);
}

static void a_file_that_cannot_be_read_says_why(void **state)
{
	struct config *cfg = NULL;
	struct config_error err;
	char buf[256];

	(void)state;
	assert_int_equal(config_read("/nonexistent/evbpf.yaml", &cfg, &err), -ENOENT);
	assert_string_equal(config_error_format(&err, "x.yaml", buf, sizeof(buf)),
			    "x.yaml: cannot open it: No such file or directory");
	assert_int_equal(config_read("/", &cfg, &err), -EISDIR);
	assert_int_equal(config_read("/dev/zero", &cfg, &err), -EFBIG);
	assert_int_equal(config_read("/dev/null", &cfg, &err), -EINVAL);
	assert_null(cfg);
}

/*
 * Files beside this one, also for whoever tests the command: the first line of each says
 * "# LINE:COLUMN value | remedy".
 */
static void assert_bad_file(const char *path)
{
	struct config *cfg = NULL;
	struct config_error err;
	char line[256], value[128], remedy[128], buf[1024];
	FILE *file = fopen(path, "r");
	struct config_pos pos;

	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	if (sscanf(line, "# %u:%u %127[^|] | %127[^\n]", &pos.line, &pos.column, value, remedy) !=
	    4)
		fail_msg("%s: no expectation in its first line", path);
	value[strcspn(value, "|")] = '\0';
	while (*value && value[strlen(value) - 1] == ' ')
		value[strlen(value) - 1] = '\0';

	assert_int_equal(config_read(path, &cfg, &err), -EINVAL);
	config_error_format(&err, path, buf, sizeof(buf));
	if (err.pos.line != pos.line || err.pos.column != pos.column || !strstr(err.text, value) ||
	    !strstr(err.text, remedy))
		fail_msg("not as its first line says: %s", buf);
}

static void the_bad_files_say_what_is_wrong_with_them(void **state)
{
	const char *slash = strrchr(__FILE__, '/');
	char dir[512], path[1024];
	const struct dirent *entry;
	unsigned int n = 0;
	DIR *files;

	(void)state;
	snprintf(dir, sizeof(dir), "%.*sbad", slash ? (int)(slash - __FILE__ + 1) : 0, __FILE__);
	files = opendir(dir);
	if (!files)
		fail_msg("cannot open %s: run from the top directory", dir);
	while ((entry = readdir(files))) {
		size_t len = strlen(entry->d_name);

		if (len < 5 || strcmp(entry->d_name + len - 5, ".yaml"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		assert_bad_file(path);
		n++;
	}
	closedir(files);
	assert_true(n >= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bad_file_has_one_error_with_place_value_and_remedy),
		cmocka_unit_test(a_binary_file_is_refused),
		cmocka_unit_test(a_file_that_is_too_long_is_refused_unread),
		cmocka_unit_test(deep_nesting_is_refused_at_once),
		cmocka_unit_test(a_billion_laughs_are_refused),
		cmocka_unit_test(anchors_without_end_are_refused),
		cmocka_unit_test(vf_number_257_is_one_too_many),
		cmocka_unit_test(address_33_is_one_too_many),
		cmocka_unit_test(a_netns_that_is_too_long_is_refused),
		cmocka_unit_test(a_file_that_cannot_be_read_says_why),
		cmocka_unit_test(the_bad_files_say_what_is_wrong_with_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
