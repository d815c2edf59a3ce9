// The bodies of a PTX module, statement by statement, for its translation. ptx.h reads the heads alone, at every load.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace klif_sim {

// What cannot be translated, with the line it stands in.
struct PtxError : std::runtime_error {
  PtxError(int line, const std::string& sentence) : std::runtime_error("line " + std::to_string(line) + ": " + sentence) {}
};

// "$L1:", "{", "}", or an instruction or a declaration without its semicolon.
struct PtxStatement {
  int line;
  std::string text;
};

// A parameter, an array in shared or local memory, or constants of the module.
struct PtxVariable {
  std::string name;
  size_t bytes = 0;  // 0: as large as the launch says
  size_t alignment = 1;
  size_t elementBytes = 1;
  std::string values;  // of constants, as in "1, 2, 3"
};

struct PtxFunction {
  std::string name;
  bool entry = false;
  int line = 0;
  std::vector<PtxVariable> parameters;
  std::vector<PtxVariable> results;  // of a function: none or one
  std::vector<PtxStatement> statements;
};

struct PtxCode {
  std::vector<PtxVariable> shared, data;  // of the module
  std::vector<PtxFunction> functions;
};

// Throws PtxError.
PtxCode readPtxCode(const std::string& text);

// ".align 4 .b8 name[24] = {1, 2}", without the state space that stood before it.
PtxVariable readPtxVariable(int line, const std::string& text);

// "a, {b, c}, [d]" at its outer commas, without blanks around.
std::vector<std::string> splitOperands(const std::string& text);
std::string trimmed(const std::string& text);
bool beginsWith(const std::string& text, const std::string& with);

}  // namespace klif_sim
