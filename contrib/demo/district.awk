# A pretend district: awk -v count=100000 -f district.awk > residents.csv
#
# The same count gives the same bytes on every machine: chance comes from a generator of our own (Park and Miller's,
# which stays exact in an awk's doubles). Numbers are 13 assigned prefixes, three zeros and five digits. Ages follow a rough
# pyramid of a Chinese county town; roles follow ages. One resident in 300 has opted out. A few lines are faulty, as in
# every list that somebody typed, so that the reject file can be seen.

function chance(below) {
	seed = (16807 * seed) % 2147483647
	return int(seed / 2147483647 * below)
}

# Per mille of residents with a phone of their own, by bands of five years from 10 on.
function draw_age(   at, band) {
	at = chance(1000)
	for (band = 1; at >= share[band]; band++)
		at -= share[band]
	return 5 + band * 5 + chance(5)
}

function add(role) {
	roles = roles == "" ? role : roles ";" role
}

function draw_roles(age) {
	roles = ""
	if (age <= 17 || (age <= 22 && chance(100) < 60))
		add("student")
	else if (age < 60 && chance(100) < 6)
		add("jobless")
	else if (age < 60) {
		work = chance(100)
		if (work < 4)
			add("finance")
		else if (work < 13)
			add("merchant")
		else if (work < 18)
			add("official")
		else if (work < 75)
			add("worker")
	}
	if (age >= 28 && age <= 50 && chance(100) < 55)
		add("parent")
	return roles
}

# Towns by size; one line in five knows the town only, the others the village.
function draw_area(   at, town) {
	at = chance(100)
	for (town = 1; at >= size[town]; town++)
		at -= size[town]
	if (chance(5) == 0)
		return 320583099 + town
	return sprintf("%d%03d", 320583099 + town, 1 + chance(villages[town]))
}

# What goes wrong in typed lists: digits lost, a landline, a spreadsheet's notation, a year of two digits.
function spoil(phone) {
	wrong = (wrong + 1) % 4
	if (wrong == 1)
		return substr(phone, 1, 10) ",1985,worker,320583100,zh,0"
	if (wrong == 2)
		return "0512-5710" substr(phone, 8) ",1979,parent,320583101,zh,0"
	if (wrong == 3)
		return "1.38E+10,1990,,320583102,zh,0"
	return phone ",3021,student,320583103,zh,0"
}

BEGIN {
	seed = 20261121
	split("45 55 50 65 85 110 100 85 85 90 75 60 45 30 15 5", share, " ")
	split("24 19 9 15 9 10 6 6 2", size, " ")
	split("24 18 20 22 9 12 10 21 11", villages, " ")
	prefixes = split("134 135 136 137 138 139 150 158 159 182 186 187 188", prefix, " ")
	bad_every = count >= 100000 ? 8000 : 500
	print "手机号,出生年,身份,区域,语言,退订"
	for (i = 0; i < count; i++) {
		age = draw_age()
		phone = sprintf("%s000%05d", prefix[1 + i % prefixes], (int(i / prefixes) * 7919 + 13) % 100000)
		printf "%s,%d,%s,%s,zh,%d\n", phone, 2026 - age, draw_roles(age), draw_area(), chance(300) == 0
		if (i % bad_every == bad_every - 1)
			print spoil(phone)
	}
}
