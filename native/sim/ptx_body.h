// The translation of one function's body. Each register is a variable, each label one of C++'s, each instruction a line or a few.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ptx_object.h"
#include "ptx_text.h"

namespace klif_sim {

// Of a register or an instruction: "f32" is {'f', 32}; "pred" is {'p', 8}.
struct PtxType {
  char kind = 0;
  int bits = 0;

  int bytes() const { return bits / 8; }
  bool isInteger() const { return kind == 'b' || kind == 'u' || kind == 's'; }
  bool operator==(const PtxType& other) const { return kind == other.kind && bits == other.bits; }
};

std::string cppType(PtxType type);

// What the functions of a module share.
struct PtxTables {
  std::vector<PtxStore> stores;
  std::vector<PtxBlock> blocks;
  std::map<std::string, size_t> data;  // constants of the module, by name
};

class PtxBody {
 public:
  PtxBody(const PtxFunction& function, const std::vector<PtxVariable>& sharedOfModule, PtxTables& tables);

  // The whole function in C++.
  std::string translated();
  // Whether its threads need fibers.
  bool needsFibers() const { return waits_ || !sharedUsed_.empty(); }

 private:
  typedef std::vector<std::string> Words;

  const PtxFunction& function_;
  PtxTables& tables_;
  std::map<std::string, PtxType> registers_;
  std::map<std::string, PtxVariable> shared_, local_;
  std::map<std::string, size_t> callParameters_;  // bytes
  std::vector<std::string> sharedUsed_;
  std::string declarations_, code_;
  int line_ = 0;
  bool waits_ = false;
  bool blockBegins_ = true;
  int smallestShared_ = 4;  // bytes that one access to shared memory touches, at most 4

  [[noreturn]] void refuse(const std::string& why) const { throw PtxError(line_, why); }
  void line(const std::string& text) { code_ += "  " + text + "\n"; }

  // ptx_body.cpp
  void statement(const std::string& text);
  void declaration(const std::string& text);
  void count();
  void instruction(const std::string& text);
  void unguarded(const std::string& name, const Words& parts, const Words& operands);
  PtxType type(const std::string& name) const;
  PtxType registerType(const std::string& name) const;
  std::string variable(const std::string& name) const;
  std::string value(const std::string& operand, PtxType type);
  std::string number(const std::string& operand, PtxType type) const;
  std::string addressOf(const std::string& name);
  std::string sharedBase(const std::string& name);
  void assign(const std::string& to, PtxType type, const std::string& value);
  void needs(const Words& operands, size_t count) const;

  // ptx_memory.cpp
  bool memory(const Words& parts, const Words& operands);
  void load(const std::string& space, PtxType type, const Words& to, const std::string& from);
  void store(const std::string& space, PtxType type, const std::string& to, const Words& from);
  std::string address(const std::string& space, const std::string& operand, int bytes, bool writes, PtxType type);
  std::string parameterAddress(const std::string& base, long offset, int bytes);
  void call(const Words& operands);
  void move(PtxType type, const Words& operands);

  // ptx_arithmetic.cpp
  bool arithmetic(const std::string& name, const Words& parts, const Words& operands);
  bool floating(const std::string& key, PtxType type, const Words& operands);
  bool integral(const std::string& key, PtxType type, const Words& operands);
  bool logical(const std::string& key, PtxType type, const Words& operands);
  bool compare(const Words& parts, const Words& operands);
  bool convert(const std::string& name, const Words& parts, const Words& operands);
  bool warp(const std::string& name, const Words& operands);
};

// "$1 + $2" with the arguments in the places of $1, $2, ...
std::string filled(const std::string& pattern, const std::vector<std::string>& arguments);

}  // namespace klif_sim
