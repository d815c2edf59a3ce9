#include "ptx_body.h"

#include <algorithm>
#include <cctype>

namespace klif_sim {
namespace {

std::string identifier(const std::string& name) {
  std::string clean = "r_";
  for (char c : name) {
    clean += std::isalnum(static_cast<unsigned char>(c)) != 0 ? std::string(1, c) : c == '%' ? "" : "_";
  }
  return clean;
}

std::string label(const std::string& name) { return "l" + identifier(name); }

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> all(1);
  for (char c : text) {
    if (c == at) {
      all.emplace_back();
    } else {
      all.back() += c;
    }
  }
  return all;
}

// %tid.x and its kin; "" for another register.
std::string special(const std::string& name) {
  static const std::map<std::string, std::string> FIELDS = {
      {"%tid", "index"}, {"%ctaid", "blockIndex"}, {"%ntid", "blockSize"}, {"%nctaid", "gridSize"}};
  if (name == "%laneid") {
    return "p::laneNumber()";
  }
  size_t point = name.find('.');
  auto it = FIELDS.find(name.substr(0, point));
  if (point == std::string::npos || it == FIELDS.end() || name.size() != point + 2) {
    return "";
  }
  return "klif_sim::current->" + it->second + name.substr(point);
}

}  // namespace

std::string filled(const std::string& pattern, const std::vector<std::string>& arguments) {
  std::string text;
  for (size_t i = 0; i < pattern.size(); i++) {
    if (pattern[i] == '$') {
      text += arguments.at(static_cast<size_t>(pattern[++i] - '1'));
    } else {
      text += pattern[i];
    }
  }
  return text;
}

std::string cppType(PtxType type) {
  switch (type.kind) {
    case 'p':
      return "bool";
    case 'f':
      return type.bits == 32 ? "float" : "double";
    default:
      return (type.kind == 's' ? "int" : "uint") + std::to_string(type.bits) + "_t";
  }
}

PtxBody::PtxBody(const PtxFunction& function, const std::vector<PtxVariable>& sharedOfModule, PtxTables& tables)
    : function_(function), tables_(tables) {
  for (const PtxVariable& variable : sharedOfModule) {
    shared_[variable.name] = variable;
  }
  for (const PtxVariable& result : function.results) {
    callParameters_[result.name] = result.bytes;
  }
}

std::string PtxBody::translated() {
  for (const PtxStatement& one : function_.statements) {
    line_ = one.line;
    statement(one.text);
  }
  line_ = function_.line;
  std::string shared;
  if (!sharedUsed_.empty()) {
    if (!function_.entry) {
      refuse("shared memory in the function " + function_.name + " is not known, in entries only");
    }
    const std::string element = std::to_string(smallestShared_);
    shared = "  p::SharedArrays<" + std::to_string(sharedUsed_.size()) + ", " + element + "> shared;\n";
    for (size_t i = 0; i < sharedUsed_.size(); i++) {
      const PtxVariable& array = shared_[sharedUsed_[i]];
      const std::string n = std::to_string(i), key = "key" + n, quoted = "\"" + array.name + "\"";
      shared += array.bytes == 0 ? "" : "  static const char " + key + " = 0;\n";
      shared += "  shared.arrays[" + n + "] = " +
                (array.bytes == 0 ? "klif_sim::findDynamicShared(" + element + ", " + quoted
                                  : "klif_sim::findShared(&" + key + ", " + element + ", " +
                                        std::to_string(array.bytes / static_cast<size_t>(smallestShared_)) + ", " + quoted) +
                ");\n  shared.alignments[" + n + "] = " + std::to_string(array.alignment) + ";\n";
    }
  }
  return declarations_ + shared + code_;
}

void PtxBody::statement(const std::string& text) {
  if (text == "{" || text == "}") {
    line(text);
  } else if (text.back() == ':') {
    code_ += label(text.substr(0, text.size() - 1)) + ":;\n";
    blockBegins_ = true;
  } else if (beginsWith(text, ".pragma")) {
    return;
  } else if (text[0] == '.') {
    declaration(text);
  } else {
    instruction(text);
  }
}

// Registers are variables of the whole function, so that no jump passes one; those of an inner block get values anew there.
void PtxBody::declaration(const std::string& text) {
  size_t blank = text.find(' ');
  std::string kind = text.substr(0, blank), rest = blank == std::string::npos ? "" : trimmed(text.substr(blank));
  if (kind == ".reg") {
    blank = rest.find(' ');
    PtxType of = type(rest.substr(1, blank - 1));
    for (const std::string& name : splitOperands(rest.substr(blank))) {
      size_t bracket = name.find('<');
      int count = bracket == std::string::npos ? 1 : std::atoi(name.c_str() + bracket + 1);
      for (int i = 0; i < count; i++) {
        std::string one = bracket == std::string::npos ? name : name.substr(0, bracket) + std::to_string(i);
        auto [known, fresh] = registers_.emplace(one, of);
        if (!fresh && !(known->second == of)) {
          refuse("the register " + one + " is declared twice, with different types");
        }
        if (fresh) {
          declarations_ += "  " + cppType(of) + " " + identifier(one) + " = p::unset<" + cppType(of) + ">();\n";
        }
      }
    }
  } else if (kind == ".shared" || kind == ".local") {
    PtxVariable array = readPtxVariable(line_, rest);
    if (kind == ".shared") {
      shared_[array.name] = array;
    } else {
      local_[array.name] = array;
      declarations_ += "  alignas(16) unsigned char " + identifier(array.name) + "[" + std::to_string(array.bytes) + "];\n";
    }
  } else if (kind == ".param") {
    PtxVariable parameter = readPtxVariable(line_, rest);
    if (callParameters_.emplace(parameter.name, parameter.bytes).second) {
      declarations_ += "  alignas(16) unsigned char " + identifier(parameter.name) + "[16];\n";
    }
    if (parameter.bytes > 16) {
      refuse("a parameter of " + std::to_string(parameter.bytes) + " bytes of a call is not known");
    }
  } else {
    refuse("the declaration \"" + text + "\" is not known");
  }
}

// One more instruction of the block, which it may begin.
void PtxBody::count() {
  if (blockBegins_) {
    line("p::ran(ran[" + std::to_string(tables_.blocks.size()) + "]);");
    tables_.blocks.push_back({line_, 0});
    blockBegins_ = false;
  }
  tables_.blocks.back().instructions++;
}

void PtxBody::instruction(const std::string& text) {
  std::string rest = text, guard;
  if (rest[0] == '@') {
    size_t blank = rest.find(' ');
    bool inverted = rest[1] == '!';
    guard = value(rest.substr(inverted ? 2 : 1, blank - (inverted ? 2 : 1)), {'p', 8});
    guard = std::string("if (") + (inverted ? "!" : "") + guard + ") ";
    rest = trimmed(rest.substr(blank));
  }
  size_t blank = rest.find(' ');
  const std::string name = rest.substr(0, blank);
  const Words operands = splitOperands(blank == std::string::npos ? "" : rest.substr(blank)), parts = split(name, '.');
  bool jump = name == "bra" || name == "bra.uni", end = name == "ret" || name == "ret.uni" || name == "exit";
  if (jump || end) {
    count();
    needs(operands, jump ? 1 : 0);
    line(guard + (jump ? "goto " + label(operands[0]) : "return") + ";");
    blockBegins_ = true;
    return;
  }
  if (guard.empty()) {
    count();
    unguarded(name, parts, operands);
    return;
  }
  // counts for itself: the block may go on without it
  line(guard + "{");
  blockBegins_ = true;
  count();
  unguarded(name, parts, operands);
  line("}");
  blockBegins_ = true;
}

void PtxBody::unguarded(const std::string& name, const Words& parts, const Words& operands) {
  if (!memory(parts, operands) && !arithmetic(name, parts, operands) && !warp(name, operands)) {
    refuse("the instruction \"" + name + "\" is not known");
  }
}

void PtxBody::needs(const Words& operands, size_t count) const {
  if (operands.size() != count) {
    refuse("there are " + std::to_string(operands.size()) + " operands, not " + std::to_string(count));
  }
}

PtxType PtxBody::type(const std::string& name) const {
  if (name == "pred") {
    return {'p', 8};
  }
  int bits = name.size() < 2 ? 0 : std::atoi(name.c_str() + 1);
  bool known = name.find_first_not_of("0123456789", 1) == std::string::npos;
  if (!known || std::string("busf").find(name[0]) == std::string::npos || (bits != 8 && bits != 16 && bits != 32 && bits != 64) ||
      (name[0] == 'f' && bits < 16)) {
    refuse("the type \"" + name + "\" is not known");
  }
  return {name[0], bits};
}

PtxType PtxBody::registerType(const std::string& name) const {
  auto it = registers_.find(name);
  if (it == registers_.end()) {
    refuse("the register " + name + " is not declared");
  }
  return it->second;
}

std::string PtxBody::variable(const std::string& name) const { return identifier(name); }

// An immediate number.
std::string PtxBody::number(const std::string& operand, PtxType type) const {
  bool isFloat = beginsWith(operand, "0f") || beginsWith(operand, "0F"), isDouble = beginsWith(operand, "0d") || beginsWith(operand, "0D");
  if (isFloat || isDouble) {
    if (type.kind != 'f' && !(type.kind == 'b' && type.bits >= 32)) {
      refuse("the number " + operand + " is used as " + cppType(type));
    }
    return "p::from<" + cppType(type) + ">(0x" + operand.substr(2) + "ull)";
  }
  if (type.kind == 'p') {
    return operand == "0" ? "false" : "true";
  }
  if (type.kind == 'f') {
    refuse("the integer " + operand + " is used as " + cppType(type));
  }
  bool negative = operand[0] == '-';
  std::string digits = operand.substr(negative ? 1 : 0);
  digits = digits.back() == 'U' ? digits.substr(0, digits.size() - 1) : digits;
  return "static_cast<" + cppType(type) + ">(" + (negative ? "0 - " : "") + digits + "ull)";
}

// An operand as a value of that type; its register has the same width.
std::string PtxBody::value(const std::string& operand, PtxType as) {
  if (operand.empty()) {
    refuse("an operand is missing");
  }
  if (operand[0] == '-' || std::isdigit(static_cast<unsigned char>(operand[0])) != 0) {
    return number(operand, as);
  }
  std::string own = operand[0] == '%' ? special(operand) : "";
  if (!own.empty()) {
    return "static_cast<" + cppType(as) + ">(" + own + ")";
  }
  if (operand[0] != '%' && registers_.count(operand) == 0) {
    return "static_cast<" + cppType(as) + ">(" + addressOf(operand) + ")";
  }
  PtxType has = registerType(operand);
  if (has.bits != as.bits || (has.kind == 'p') != (as.kind == 'p') || (has.kind == 'f' && as.kind != 'f' && as.kind != 'b') ||
      (as.kind == 'f' && has.kind != 'f' && has.kind != 'b')) {
    refuse("the register " + operand + " of " + cppType(has) + " is used as " + cppType(as));
  }
  if (cppType(has) == cppType(as)) {
    return variable(operand);
  }
  return has.kind == 'f' || as.kind == 'f' ? "p::from<" + cppType(as) + ">(p::bits(" + variable(operand) + "))"
                                           : "static_cast<" + cppType(as) + ">(" + variable(operand) + ")";
}

// Of a named piece of memory, as an integer.
std::string PtxBody::addressOf(const std::string& name) {
  if (shared_.count(name) != 0) {
    return sharedBase(name);
  }
  if (local_.count(name) != 0) {
    return "reinterpret_cast<uint64_t>(" + identifier(name) + ")";
  }
  auto data = tables_.data.find(name);
  if (data != tables_.data.end()) {
    return "reinterpret_cast<uint64_t>(data" + std::to_string(data->second) + ")";
  }
  for (size_t i = 0; i < function_.parameters.size(); i++) {
    if (function_.parameters[i].name == name) {
      return "reinterpret_cast<uint64_t>(parameters[" + std::to_string(i) + "])";
    }
  }
  refuse("the operand \"" + name + "\" is not known");
}

std::string PtxBody::sharedBase(const std::string& name) {
  auto it = std::find(sharedUsed_.begin(), sharedUsed_.end(), name);
  size_t number = static_cast<size_t>(it - sharedUsed_.begin());
  if (it == sharedUsed_.end()) {
    sharedUsed_.push_back(name);
  }
  return std::to_string((number + 1) << 24) + "u";
}

// A wider register takes the value extended, by its sign if the type has one.
void PtxBody::assign(const std::string& to, PtxType as, const std::string& value) {
  if (to == "_") {
    return;
  }
  PtxType has = registerType(to);
  bool floats = has.kind == 'f' || as.kind == 'f';
  if ((has.kind == 'p') != (as.kind == 'p') || as.bits > has.bits || (floats && as.bits != has.bits) ||
      (floats && has.kind != as.kind && has.kind != 'b' && as.kind != 'b')) {
    refuse("the register " + to + " of " + cppType(has) + " takes no " + cppType(as));
  }
  if (cppType(has) == cppType(as)) {
    line(variable(to) + " = static_cast<" + cppType(as) + ">(" + value + ");");
  } else if (floats) {
    line(variable(to) + " = p::from<" + cppType(has) + ">(p::bits(static_cast<" + cppType(as) + ">(" + value + ")));");
  } else {
    line(variable(to) + " = static_cast<" + cppType(has) + ">(static_cast<" + cppType(as) + ">(" + value + "));");
  }
}

}  // namespace klif_sim
