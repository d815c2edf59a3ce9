# One changed instruction: awk -v number=N -f mutate.awk MODULE.ptx
#   number=0: prints how many instructions the module has
#   number=N: prints the module with the Nth instruction changed, of other entries nothing; on standard error "ENTRY LINE: before -> after"
#             control=1: the same without the change
# A change is the likeliest mistake: another comparison, the sum for the difference, an immediate or an offset by one, an operand that is
# swapped or left out, a barrier or a move that is missing.

function instruction(text) { return body && text ~ /^[ \t]*(@!?%[a-z0-9]+[ \t]+)?[a-z][a-z0-9_]*(\.[a-z0-9_:]+)*([ \t].*)?;[ \t]*$/ }

function swapped(a, b) {
  if (index(op, a) == 1) { op = b substr(op, length(a) + 1); return 1 }
  return 0
}

# the operands behind the opcode, at their outer commas
function splitOperands(text,   i, c, depth) {
  count = 1; part[1] = ""; depth = 0
  for (i = 1; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (c ~ /[{[(]/) depth++
    if (c ~ /[})\]]/) depth--
    if (c == "," && depth == 0) part[++count] = ""
    else part[count] = part[count] c
  }
  for (i = 1; i <= count; i++) { gsub(/^[ \t]+|[ \t]+$/, "", part[i]) }
}

function joined(n,   i, text) {
  text = part[1]
  for (i = 2; i <= n; i++) text = text ", " part[i]
  return text
}

# of a float the fifth digit, in the middle of float32's mantissa, at 2^-8 of float64's: the last one is within what float64 may differ by
function nextImmediate(text) {
  if (text ~ /^0[fd][0-9A-F]+$/) return substr(text, 1, 6) (substr(text, 7, 1) == "0" ? "8" : "0") substr(text, 8)
  return text + 1 ""
}

function changed(text,   guard, n, cut, i, size) {
  sub(/^[ \t]+/, "", text); sub(/;[ \t]*$/, "", text)
  guard = ""
  if (match(text, /^@!?%[a-z0-9]+[ \t]+/)) { guard = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1) }
  cut = match(text, /[ \t]/)
  op = cut ? substr(text, 1, cut - 1) : text
  splitOperands(cut ? substr(text, cut + 1) : "")
  if (guard != "" && op ~ /^(bra|ret)/) {
    if (guard ~ /^@!/) sub(/^@!/, "@", guard); else sub(/^@/, "@!", guard)
    return guard op " " joined(count) ";"
  }
  if (op ~ /^setp/) {
    n = split("setp.ltu=setp.leu setp.leu=setp.ltu setp.gtu=setp.geu setp.geu=setp.gtu setp.equ=setp.neu setp.neu=setp.equ setp.nan=setp.num setp.num=setp.nan setp.lt=setp.le setp.le=setp.lt setp.gt=setp.ge setp.ge=setp.gt setp.eq=setp.ne setp.ne=setp.eq", rules, " ")
    for (i = 1; i <= n; i++) { split(rules[i], rule, "="); if (swapped(rule[1], rule[2])) break }
    return guard op " " joined(count) ";"
  }
  if (op ~ /^selp/) return guard op " " part[1] ", " part[3] ", " part[2] ", " part[4] ";"
  if (swapped("fma.rn", "mul.rn") || swapped("mad.lo", "mul.lo")) return guard op " " joined(3) ";"
  if (swapped("add", "sub") || swapped("sub", "add") || swapped("max", "min") || swapped("min", "max") || swapped("and", "or") || swapped("or", "and") || swapped("xor", "or") || swapped("mul.rn", "add.rn") || swapped("div.rn", "mul.rn")) return guard op " " joined(count) ";"
  if (op ~ /^(mul|shl|shr|mov)/ && part[count] ~ /^(-?[0-9]+|0[fd][0-9A-F]+)$/) { part[count] = nextImmediate(part[count]); return guard op " " joined(count) ";" }
  if (op ~ /^mul/) { part[3] = part[2]; return guard op " " joined(3) ";" }
  if (op ~ /^(neg|abs|sqrt|rcp)/) { sub(/^.*\./, "mov.", op); return guard op " " joined(2) ";" }
  if (op ~ /^(ld|st)\.(global|shared)/) {
    size = op ~ /64$/ ? 8 : op ~ /16$/ ? 2 : 4
    size *= op ~ /\.v4\./ ? 4 : op ~ /\.v2\./ ? 2 : 1
    i = op ~ /^ld/ ? 2 : 1
    if (match(part[i], /\+-?[0-9]+\]$/)) part[i] = substr(part[i], 1, RSTART) (substr(part[i], RSTART + 1, RLENGTH - 2) + size) "]"
    else sub(/\]$/, "+" size "]", part[i])
    return guard op " " joined(count) ";"
  }
  return ""
}

/^\.visible \.entry|^\.func/ { head = $0; entry = $0; sub(/\(.*/, "", entry); sub(/.*[ \t]/, "", entry); isEntry = head ~ /\.entry/; begin = kept }
{ line[++kept] = $0; owner[kept] = isEntry ? entry : "" }
/^\{/ { body = 1 }
instruction($0) {
  seen++
  if (seen == number) {
    before = $0; gsub(/^[ \t]+|[ \t]+$/, "", before)
    after = changed($0)
    if (!control) line[kept] = after
    target = isEntry ? entry : "*"
    printf "%s %d: %s -> %s\n", target, NR, before, after == "" ? "(nothing)" : after > "/dev/stderr"
  }
}
/^\}/ { body = 0; isEntry = 0; entry = "" }
END {
  if (number == 0) { print seen; exit }
  for (i = 1; i <= kept; i++) if (owner[i] == "" || owner[i] == target || target == "*") print line[i]
}
