# One changed instruction: awk -v number=N -f mutate.awk MODULE.ptx
#   number=0: prints how many instructions the module has
#   number=N: prints the module with the Nth instruction changed, of other entries nothing; on standard error, with tabs between,
#             entry (* for a function), line, the instruction, what it became
#             whole=1: the module with all its entries
#
# The rules, of which the first that fits is taken:
#   @p bra, @p ret                    the guard is inverted
#   setp of integers                  < and <=, > and >=, = and != change places
#   setp of floats                    < and >=, <= and >, = and !=, "is NaN" and "is a number" change places
#   selp                              the two values change places
#   fma.rn, mad.lo                    the addend is left out
#   add sub, max min, and or          change places; xor becomes or, mul.rn add.rn, div.rn mul.rn
#   mul shl shr mov of an immediate   an integer one more; a float another fifth digit
#   mul, others                       the square of the first factor
#   neg abs sqrt rcp                  the operand itself
#   ld st of global, shared           of the element behind
#   everything else                   left out: bar, bra, ret, shfl, vote, cvt, cvta, mov, ld.param, st.param, call, not, shf, prmt ...

function instruction(text) { return body && text ~ /^[ \t]*(@!?%[a-z0-9]+[ \t]+)?[a-z][a-z0-9_]*(\.[A-Za-z0-9_:]+)*([ \t].*)?;[ \t]*$/ }

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
    if (op ~ /f(32|64)$/) n = split("setp.ltu=setp.geu setp.geu=setp.ltu setp.leu=setp.gtu setp.gtu=setp.leu setp.equ=setp.neu setp.neu=setp.equ setp.nan=setp.num setp.num=setp.nan setp.lt=setp.ge setp.ge=setp.lt setp.le=setp.gt setp.gt=setp.le setp.eq=setp.ne setp.ne=setp.eq", rules, " ")
    else n = split("setp.lt=setp.le setp.le=setp.lt setp.gt=setp.ge setp.ge=setp.gt setp.eq=setp.ne setp.ne=setp.eq", rules, " ")
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
    line[kept] = after
    target = isEntry ? entry : "*"
    gsub(/[ \t]+/, " ", before)
    printf "%s\t%d\t%s\t%s\n", target, NR, before, after == "" ? "(nothing)" : after > "/dev/stderr"
  }
}
/^\}/ { body = 0; isEntry = 0; entry = "" }
END {
  if (number == 0) { print seen; exit }
  for (i = 1; i <= kept; i++) if (owner[i] == "" || owner[i] == target || target == "*" || whole) print line[i]
}
