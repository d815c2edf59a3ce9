// Everything between registers.
#include "ptx_body.h"

namespace klif_sim {
namespace {

typedef std::map<std::string, std::string> Patterns;

std::string joined(const std::vector<std::string>& parts, size_t from, size_t to) {
  std::string text;
  for (size_t i = from; i < to; i++) {
    text += (i == from ? "" : ".") + parts[i];
  }
  return text;
}

const std::string* found(const Patterns& patterns, const std::string& key) {
  auto it = patterns.find(key);
  return it == patterns.end() ? nullptr : &it->second;
}

}  // namespace

bool PtxBody::arithmetic(const std::string& name, const Words& parts, const Words& operands) {
  if (parts[0] == "setp") {
    return compare(parts, operands);
  }
  if (parts[0] == "cvt") {
    return convert(name, parts, operands);
  }
  if (parts.size() < 2 || operands.empty()) {
    return false;
  }
  if (parts[0] == "shfl" || parts[0] == "vote" || parts[0] == "bar" || parts[0] == "trap") {
    return false;
  }
  const std::string key = joined(parts, 0, parts.size() - 1);
  PtxType as = type(parts.back());
  if (parts[0] == "selp") {
    needs(operands, 4);
    assign(operands[0], as, value(operands[3], {'p', 8}) + " ? " + value(operands[1], as) + " : " + value(operands[2], as));
    return parts.size() == 2;
  }
  return as.kind == 'f' ? floating(key, as, operands) : logical(key, as, operands) || integral(key, as, operands);
}

// Without .rn, ptxas may make one instruction of a product and a sum: such an instruction is not known.
bool PtxBody::floating(const std::string& key, PtxType as, const Words& operands) {
  static const Patterns BOTH = {
      {"add.rn", "$1 + $2"},
      {"sub.rn", "$1 - $2"},
      {"mul.rn", "$1 * $2"},
      {"fma.rn", "p::fma($1, $2, $3)"},
      {"div.rn", "$1 / $2"},
      {"rcp.rn", "1 / $1"},
      {"sqrt.rn", "p::sqrt($1)"},
      {"neg", "p::neg($1)"},
      {"abs", "p::abs($1)"},
      {"max", "p::max($1, $2)"},
      {"max.NaN", "p::maxOrNaN($1, $2)"},
      {"min", "p::min($1, $2)"},
      {"copysign", "p::copysign($1, $2)"},
  };
  static const Patterns DOUBLE = {{"rcp.approx.ftz", "p::rcpApproximate($1)"}};
  static const Patterns FLOAT = {
      {"ex2.approx.ftz", "p::exp2Approximate($1)"},   {"lg2.approx.ftz", "p::log2Approximate($1)"},
      {"rcp.approx.ftz", "p::rcpApproximate($1)"},    {"sqrt.approx.ftz", "p::sqrtApproximate($1)"},
      {"rsqrt.approx.ftz", "p::rsqrtApproximate($1)"},
  };
  const std::string* pattern = found(BOTH, key);
  pattern = pattern != nullptr ? pattern : found(as.bits == 64 ? DOUBLE : FLOAT, key);
  if (pattern == nullptr || as.bits < 32) {
    return false;
  }
  Words values;
  for (size_t i = 1; i < operands.size(); i++) {
    values.push_back(value(operands[i], as));
  }
  needs(operands, pattern->find("$3") != std::string::npos ? 4 : pattern->find("$2") != std::string::npos ? 3 : 2);
  assign(operands[0], as, filled(*pattern, values));
  return true;
}

bool PtxBody::logical(const std::string& key, PtxType as, const Words& operands) {
  static const Patterns BITS = {{"and", "$1 & $2"}, {"or", "$1 | $2"}, {"xor", "$1 ^ $2"}, {"not", "~$1"}};
  const std::string* pattern = found(BITS, key);
  if (pattern == nullptr || (as.kind != 'p' && as.kind != 'b')) {
    return false;
  }
  bool one = key == "not";
  needs(operands, one ? 2 : 3);
  Words values;
  for (size_t i = 1; i < operands.size(); i++) {
    values.push_back(value(operands[i], as));
  }
  assign(operands[0], as, filled(as.kind == 'p' && one ? "!$1" : *pattern, values));
  return true;
}

bool PtxBody::integral(const std::string& key, PtxType as, const Words& operands) {
  // unsigned: what does not fit wraps, which signed arithmetic of C++ may not
  static const Patterns WRAPPING = {
      {"add", "$1 + $2"}, {"sub", "$1 - $2"}, {"mul.lo", "$1 * $2"}, {"mad.lo", "$1 * $2 + $3"}, {"neg", "0u - $1"},
  };
  static const Patterns OF_SIGN = {
      {"div", "p::div<$T>($1, $2)"},    {"rem", "p::rem<$T>($1, $2)"},    {"mul.hi", "p::mulHigh<$T>($1, $2)"},
      {"min", "$1 < $2 ? $1 : $2"},     {"max", "$1 > $2 ? $1 : $2"},     {"abs", "$1 < 0 ? 0 - $1 : $1"},
  };
  const PtxType plain{'u', as.bits};
  Words values;
  if (key == "shl" || key == "shr") {
    needs(operands, 3);
    PtxType shifted = as.kind == 'b' ? plain : as;
    assign(operands[0], shifted,
           std::string(key == "shl" ? "p::shl<" : "p::shr<") + cppType(shifted) + ">(" + value(operands[1], shifted) + ", " +
               value(operands[2], {'u', 32}) + ")");
    return true;
  }
  if (key == "mul.wide" || key == "mad.wide") {
    bool sum = key[1] == 'a';
    needs(operands, sum ? 4 : 3);
    PtxType wide{as.kind, 2 * as.bits}, plainWide{'u', 2 * as.bits};
    std::string product = "static_cast<" + cppType(wide) + ">(" + value(operands[1], as) + ") * static_cast<" + cppType(wide) + ">(" +
                          value(operands[2], as) + ")";
    assign(operands[0], plainWide, "static_cast<" + cppType(plainWide) + ">(" + product + ")" + (sum ? " + " + value(operands[3], plainWide) : ""));
    return true;
  }
  if (key == "shf.l.wrap" || key == "shf.r.wrap") {
    needs(operands, 4);
    assign(operands[0], plain,
           std::string(key[4] == 'l' ? "p::shfLeft(" : "p::shfRight(") + value(operands[1], plain) + ", " + value(operands[2], plain) +
               ", " + value(operands[3], plain) + ")");
    return as.bits == 32;
  }
  if (key == "clz" || key == "popc") {
    needs(operands, 2);
    assign(operands[0], {'u', 32}, "p::" + key + "(" + value(operands[1], plain) + ")");
    return as.bits >= 32;
  }
  const std::string* pattern = found(WRAPPING, key);
  bool wraps = pattern != nullptr;
  pattern = wraps ? pattern : found(OF_SIGN, key);
  if (pattern == nullptr || as.kind == 'b') {
    return false;
  }
  for (size_t i = 1; i < operands.size(); i++) {
    values.push_back(value(operands[i], wraps ? plain : as));
  }
  needs(operands, pattern->find("$3") != std::string::npos ? 4 : pattern->find("$2") != std::string::npos ? 3 : 2);
  std::string text = *pattern;
  size_t at = text.find("$T");
  text = at == std::string::npos ? text : text.replace(at, 2, cppType(as));
  assign(operands[0], wraps ? plain : as, filled(text, values));
  return true;
}

bool PtxBody::compare(const Words& parts, const Words& operands) {
  static const Patterns INTEGERS = {{"eq", "$1 == $2"}, {"ne", "$1 != $2"}, {"lt", "$1 < $2"},  {"le", "$1 <= $2"}, {"gt", "$1 > $2"},
                                    {"ge", "$1 >= $2"}, {"lo", "$1 < $2"},  {"ls", "$1 <= $2"}, {"hi", "$1 > $2"},  {"hs", "$1 >= $2"}};
  // ...u: also true where one is NaN; the others are not
  static const Patterns FLOATS = {{"eq", "$1 == $2"},    {"ne", "$1 < $2 || $1 > $2"},  {"lt", "$1 < $2"},
                                  {"le", "$1 <= $2"},    {"gt", "$1 > $2"},             {"ge", "$1 >= $2"},
                                  {"equ", "!($1 < $2 || $1 > $2)"}, {"neu", "!($1 == $2)"}, {"ltu", "!($1 >= $2)"},
                                  {"leu", "!($1 > $2)"}, {"gtu", "!($1 <= $2)"},        {"geu", "!($1 < $2)"},
                                  {"num", "$1 == $1 && $2 == $2"}, {"nan", "$1 != $1 || $2 != $2"}};
  if (parts.size() != 3) {
    return false;
  }
  needs(operands, 3);
  PtxType as = type(parts[2]);
  const std::string* pattern = found(as.kind == 'f' ? FLOATS : INTEGERS, parts[1]);
  if (pattern == nullptr || as.kind == 'p' || (as.kind == 'f' && as.bits < 32)) {
    return false;
  }
  assign(operands[0], {'p', 8}, filled(*pattern, {value(operands[1], as), value(operands[2], as)}));
  return true;
}

bool PtxBody::convert(const std::string& name, const Words& parts, const Words& operands) {
  static const Patterns HALVES = {{"cvt.rn.f16.f32", "klif_sim::halfOfFloat"}, {"cvt.rn.bf16.f32", "klif_sim::bfloatOfFloat"}};
  static const Patterns ROUNDINGS = {{"rni", "__builtin_rint"}, {"rzi", "__builtin_trunc"}, {"rmi", "__builtin_floor"}, {"rpi", "__builtin_ceil"}};
  needs(operands, 2);
  const std::string* half = found(HALVES, name);
  if (half != nullptr) {
    assign(operands[0], {'b', 16}, *half + "(" + value(operands[1], {'f', 32}) + ")");
    return true;
  }
  if (name == "cvt.f32.f16") {
    assign(operands[0], {'f', 32}, "klif_sim::floatOfHalf(" + value(operands[1], {'b', 16}) + ")");
    return true;
  }
  if (parts.size() != 3 && parts.size() != 4) {
    return false;
  }
  PtxType to = type(parts[parts.size() - 2]), from = type(parts.back());
  if ((to.kind == 'f' && to.bits < 32) || (from.kind == 'f' && from.bits < 32)) {
    return false;
  }
  const std::string rounding = parts.size() == 4 ? parts[1] : "";
  if (to.kind != 'f' && from.kind != 'f') {
    // the lower part of a register may be meant
    PtxType has = registers_.count(operands[1]) != 0 ? registerType(operands[1]) : from;
    std::string whole = value(operands[1], has.isInteger() ? PtxType{'u', has.bits} : from);
    assign(operands[0], to, "static_cast<" + cppType(from) + ">(" + whole + ")");
    return rounding.empty() && has.bits >= from.bits;
  }
  std::string x = value(operands[1], from);
  if (to.kind == 'f' && (rounding == "rn" || (rounding.empty() && from.kind == 'f' && to.bits > from.bits))) {
    assign(operands[0], to, x);
    return true;
  }
  const std::string* whole = found(ROUNDINGS, rounding);
  if (whole == nullptr || from.kind != 'f' || (to.kind == 'f' && to.bits != from.bits) || to.bits < 32) {
    return false;
  }
  std::string rounded = *whole + (from.bits == 32 ? "f(" : "(") + x + ")";
  assign(operands[0], to, to.kind == 'f' ? rounded : "p::integer<" + cppType(to) + ">(" + rounded + ")");
  return true;
}

bool PtxBody::warp(const std::string& name, const Words& operands) {
  static const Patterns SHUFFLES = {
      {"shfl.sync.bfly.b32", "p::shflBfly"}, {"shfl.sync.idx.b32", "p::shflIdx"},
      {"shfl.sync.up.b32", "p::shflUp"},     {"shfl.sync.down.b32", "p::shflDown"}};
  static const Patterns VOTES = {{"vote.sync.any.pred", " != 0"}, {"vote.sync.all.pred", " == $1"}, {"vote.sync.ballot.b32", ""}};
  const PtxType word{'u', 32}, predicate{'p', 8};
  if (name == "trap") {
    line("klif_sim::fault(\"PTX line " + std::to_string(line_) + ": trap\");");
    return true;
  }
  if (name == "bar.sync") {
    waits_ = true;
    needs(operands, 1);
    line("klif_sim::syncBlockAnywhere(" + std::to_string(line_) + ");");
    return operands[0] == "0";
  }
  if (name == "bar.warp.sync") {
    waits_ = true;
    needs(operands, 1);
    line("klif_sim::syncWarp(" + value(operands[0], word) + ");");
    return true;
  }
  const std::string* shuffle = found(SHUFFLES, name);
  if (shuffle != nullptr) {
    waits_ = true;
    needs(operands, 5);
    size_t bar = operands[0].find('|');
    line("{");
    line("bool there;");
    line("const uint32_t got = " + *shuffle + "(" + value(operands[4], word) + ", " + value(operands[1], word) + ", " +
         value(operands[2], word) + ", " + value(operands[3], word) + ", there);");
    assign(trimmed(operands[0].substr(0, bar)), word, "got");
    if (bar != std::string::npos) {
      assign(trimmed(operands[0].substr(bar + 1)), predicate, "there");
    }
    line("}");
    return true;
  }
  const std::string* vote = found(VOTES, name);
  if (vote == nullptr) {
    return false;
  }
  waits_ = true;
  needs(operands, 3);
  std::string mask = value(operands[2], word);
  assign(operands[0], name == "vote.sync.ballot.b32" ? word : predicate,
         "klif_sim::ballot(" + mask + ", " + value(operands[1], predicate) + ")" + filled(*vote, {mask}));
  return true;
}

}  // namespace klif_sim
