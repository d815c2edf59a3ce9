// Loads, stores, moves, addresses, calls.
#include <algorithm>
#include <cstdlib>
#include <set>

#include "ptx_body.h"

namespace klif_sim {
namespace {

// "{a, b}" as its parts; a single operand as itself.
std::vector<std::string> parts(const std::string& operand) {
  if (operand.empty() || operand[0] != '{') {
    return {operand};
  }
  return splitOperands(operand.substr(1, operand.rfind('}') - 1));
}

}  // namespace

bool PtxBody::memory(const Words& words, const Words& operands) {
  const std::string& kind = words[0];
  if (kind == "mov") {
    needs(operands, 2);
    move(type(words.back()), operands);
    return words.size() == 2;
  }
  if (kind == "cvta") {  // addresses of global and local memory are the same in all spaces here; those of shared memory are not
    needs(operands, 2);
    bool known = words.back() == "u64" && (words.size() == 3 || (words.size() == 4 && words[1] == "to")) &&
                 (words[words.size() - 2] == "global" || words[words.size() - 2] == "local" || words[words.size() - 2] == "const");
    if (known) {
      assign(operands[0], {'u', 64}, value(operands[1], {'u', 64}));
    }
    return known;
  }
  if (kind == "call") {
    call(operands);
    return words.size() == 1 || words[1] == "uni";
  }
  if ((kind != "ld" && kind != "st") || words.size() < 3) {
    return false;
  }
  static const std::set<std::string> HINTS = {"nc", "ca", "cg", "cs", "cv", "lu", "wb", "wt"};
  size_t elements = 1;
  std::string space = words[1];
  for (size_t i = 2; i + 1 < words.size(); i++) {
    if (words[i] == "v2" || words[i] == "v4") {
      elements = words[i] == "v2" ? 2 : 4;
    } else if (HINTS.count(words[i]) == 0) {
      return false;
    }
  }
  static const std::set<std::string> SPACES = {"param", "global", "shared", "local", "const"};
  if (SPACES.count(space) == 0 || (kind == "st" && space == "const")) {
    return false;
  }
  needs(operands, 2);
  Words registers = parts(operands[kind == "ld" ? 0 : 1]);
  if (registers.size() != elements) {
    refuse("there are " + std::to_string(registers.size()) + " registers for " + std::to_string(elements) + " elements");
  }
  if (kind == "ld") {
    load(space, type(words.back()), registers, operands[1]);
  } else {
    store(space, type(words.back()), operands[0], registers);
  }
  return true;
}

// C++ for the bytes that an operand "[base+offset]" names, checked as far as the space allows.
std::string PtxBody::address(const std::string& space, const std::string& operand, int bytes, bool writes, PtxType element) {
  if (operand.size() < 3 || operand[0] != '[' || operand.back() != ']') {
    refuse("the address " + operand + " is not known");
  }
  std::string inner = trimmed(operand.substr(1, operand.size() - 2));
  size_t plus = inner.find('+');
  std::string base = trimmed(inner.substr(0, plus));
  long offset = plus == std::string::npos ? 0 : std::strtol(trimmed(inner.substr(plus + 1)).c_str(), nullptr, 0);
  if (space == "param") {
    return parameterAddress(base, offset, bytes);
  }
  bool wide = base[0] != '%' || registerType(base).bits == 64;
  if (space != "shared" && !wide) {
    refuse("the address " + operand + " has 32 bits");
  }
  std::string at = value(base, {'u', wide ? 64 : 32});
  if (offset != 0) {
    at = wide ? "static_cast<uint64_t>(" + at + " + static_cast<uint64_t>(" + std::to_string(offset) + "ll))"
              : "static_cast<uint32_t>(" + at + " + " + std::to_string(static_cast<uint32_t>(offset)) + "u)";
  }
  const std::string n = std::to_string(bytes), where = std::to_string(line_);
  if (space == "shared") {
    smallestShared_ = std::min(smallestShared_, element.bytes());
    return std::string("shared.") + (writes ? "write(" : "read(") + at + ", " + n + ", " + where + ")";
  }
  if (space == "global") {
    if (!writes) {
      return "p::globalRead(" + at + ", " + n + ", " + where + ")";
    }
    size_t number = tables_.stores.size();
    tables_.stores.push_back({line_, element.kind, element.bytes()});
    return "p::globalWrite(" + at + ", " + n + ", " + where + ", " + std::to_string(number) + ")";
  }
  return std::string("reinterpret_cast<") + (writes ? "" : "const ") + "unsigned char*>(" + at + ")";
}

std::string PtxBody::parameterAddress(const std::string& base, long offset, int bytes) {
  const std::string more = " + " + std::to_string(offset);
  auto inside = [&](size_t size) {
    if (offset < 0 || static_cast<size_t>(offset + bytes) > size || offset % bytes != 0) {
      refuse("byte " + std::to_string(offset) + " of the parameter " + base + " of " + std::to_string(size) + " bytes");
    }
  };
  if (base[0] == '%') {
    return "reinterpret_cast<const unsigned char*>(" + value(base, {'u', 64}) + ")" + more;
  }
  auto ofCall = callParameters_.find(base);
  if (ofCall != callParameters_.end()) {
    inside(ofCall->second);
    return variable(base) + more;
  }
  for (size_t i = 0; i < function_.parameters.size(); i++) {
    if (function_.parameters[i].name == base) {
      inside(function_.parameters[i].bytes);
      return "static_cast<const unsigned char*>(parameters[" + std::to_string(i) + "])" + more;
    }
  }
  refuse("the parameter " + base + " is not known");
}

void PtxBody::load(const std::string& space, PtxType element, const Words& to, const std::string& from) {
  int bytes = element.bytes() * static_cast<int>(to.size());
  line("{");
  line("const unsigned char* at = " + address(space, from, bytes, false, element) + ";");
  for (size_t i = 0; i < to.size(); i++) {
    assign(to[i], element, "p::load<" + cppType(element) + ">(at + " + std::to_string(static_cast<int>(i) * element.bytes()) + ")");
  }
  line("}");
}

void PtxBody::store(const std::string& space, PtxType element, const std::string& to, const Words& from) {
  int bytes = element.bytes() * static_cast<int>(from.size());
  line("{");
  line("unsigned char* at = " + address(space, to, bytes, true, element) + ";");
  for (size_t i = 0; i < from.size(); i++) {
    std::string stored;
    auto known = registers_.find(from[i]);
    if (known != registers_.end() && known->second.isInteger() && known->second.bits > element.bits && element.isInteger()) {
      stored = "static_cast<" + cppType(element) + ">(" + variable(from[i]) + ")";  // the lower part of a wider register
    } else {
      stored = value(from[i], element);
    }
    line("p::store<" + cppType(element) + ">(at + " + std::to_string(static_cast<int>(i) * element.bytes()) + ", " + stored + ");");
  }
  line("}");
}

// (result), function, (argument, ...)
void PtxBody::call(const Words& operands) {
  bool result = !operands.empty() && operands[0][0] == '(';
  size_t name = result ? 1 : 0;
  if (operands.size() <= name || operands.size() > name + 2 || operands[name][0] == '%') {
    refuse("this form of a call is not known");
  }
  auto listed = [](const std::string& list) { return splitOperands(list.substr(1, list.rfind(')') - 1)); };
  Words all = result ? listed(operands[0]) : Words();
  if (operands.size() == name + 2) {
    Words arguments = listed(operands[name + 1]);
    all.insert(all.end(), arguments.begin(), arguments.end());
  }
  std::string text;
  for (const std::string& one : all) {
    if (callParameters_.count(one) == 0) {
      refuse("the argument " + one + " of a call is not known");
    }
    text += (text.empty() ? "" : ", ") + variable(one);
  }
  line("function_" + operands[name] + "(" + text + ");");
}

void PtxBody::move(PtxType as, const Words& operands) {
  Words to = parts(operands[0]), from = parts(operands[1]);
  if (to.size() > 1 && from.size() == 1) {  // apart
    PtxType part{'u', as.bits / static_cast<int>(to.size())};
    line("{");
    line("const uint64_t all = p::bits(" + value(from[0], {'b', as.bits}) + ");");
    for (size_t i = 0; i < to.size(); i++) {
      PtxType has = to[i] == "_" ? part : registerType(to[i]);
      if (has.bits != part.bits) {
        refuse("the parts of mov have " + std::to_string(part.bits) + " bits, the register " + to[i] + " has " + std::to_string(has.bits));
      }
      std::string one = "static_cast<" + cppType(part) + ">(all >> " + std::to_string(static_cast<int>(i) * part.bits) + ")";
      assign(to[i], has, has.kind == 'f' ? "p::from<" + cppType(has) + ">(" + one + ")" : one);
    }
    line("}");
    return;
  }
  if (from.size() > 1 && to.size() == 1) {  // together
    int bits = as.bits / static_cast<int>(from.size());
    std::string all;
    for (size_t i = 0; i < from.size(); i++) {
      all += (i == 0 ? "" : " | ") + std::string("p::bits(") + value(from[i], {'b', bits}) + ") << " + std::to_string(static_cast<int>(i) * bits);
    }
    PtxType has = registerType(to[0]);
    if (has.bits != as.bits) {
      refuse("mov of " + std::to_string(as.bits) + " bits to the register " + to[0]);
    }
    line(variable(to[0]) + " = p::from<" + cppType(has) + ">(" + all + ");");
    return;
  }
  if (to.size() != 1 || from.size() != 1) {
    refuse("this form of mov is not known");
  }
  PtxType has = registerType(to[0]);
  if (has.bits != as.bits) {
    refuse("mov of " + std::to_string(as.bits) + " bits to the register " + to[0]);
  }
  // from a register of the other kind: its bits
  assign(to[0], has.kind == 'f' || as.kind == 'p' ? has : as, value(from[0], has.kind == 'f' ? has : as));
}

}  // namespace klif_sim
