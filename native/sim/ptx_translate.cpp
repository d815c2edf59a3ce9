#include "ptx_translate.h"

#include "ptx_body.h"

namespace klif_sim {
namespace {

constexpr size_t MOST_STORES = 65534;  // ptx_watch.h numbers them in 16 bits

std::string constants(const PtxVariable& variable, size_t number) {
  const std::string type = variable.elementBytes == 8 ? "uint64_t" : "uint" + std::to_string(8 * variable.elementBytes) + "_t";
  const std::string values = variable.values.empty() ? "0" : variable.values;
  return "alignas(16) const " + type + " data" + std::to_string(number) + "[" + std::to_string(variable.bytes / variable.elementBytes) +
         "] = {" + values + "};  // " + variable.name + "\n";
}

std::string head(const PtxFunction& function) {
  if (function.entry) {
    return "void " + function.name + "(void* const* parameters)";
  }
  std::string list;
  for (const PtxVariable& result : function.results) {
    list += "unsigned char* r_" + result.name;
  }
  for (size_t i = 0; i < function.parameters.size(); i++) {
    list += (list.empty() ? "" : ", ") + std::string("const unsigned char* p") + std::to_string(i);
  }
  return "void function_" + function.name + "(" + list + ")";
}

// Those of a function come one by one.
std::string parametersOf(const PtxFunction& function) {
  if (function.entry || function.parameters.empty()) {
    return "";
  }
  std::string list;
  for (size_t i = 0; i < function.parameters.size(); i++) {
    list += (i == 0 ? "p" : ", p") + std::to_string(i);
  }
  return "  const void* const parameters[] = {" + list + "};\n";
}

std::string registration(const PtxFunction& function, bool fibers) {
  std::string sizes;
  for (const PtxVariable& parameter : function.parameters) {
    sizes += (sizes.empty() ? "{" : ", {") + std::to_string(parameter.bytes) + ", false}";
  }
  return "  to.kernels.push_back({\"\", \"" + function.name + "\", {" + sizes + "}, " + function.name + ", p::runBlock<" +
         function.name + ">, " + (fibers ? "true" : "false") + "});\n";
}

}  // namespace

std::string translatePtx(const std::string& text) {
  PtxCode code = readPtxCode(text);
  PtxTables tables;
  std::string bodies, heads, data, registrations;
  for (const PtxVariable& variable : code.data) {
    data += constants(variable, tables.data.size());
    tables.data.emplace(variable.name, tables.data.size());
  }
  for (const PtxFunction& function : code.functions) {
    PtxBody body(function, code.shared, tables);
    std::string translated = body.translated();
    heads += head(function) + ";\n";
    bodies += "__attribute__((noinline)) " + head(function) + " {\n" + parametersOf(function) + translated + "}\n";
    if (function.entry) {
      registrations += registration(function, body.needsFibers());
    } else if (body.needsFibers()) {
      throw PtxError(function.line, "barriers in the function " + function.name + " are not known, in entries only");
    }
  }
  if (tables.stores.size() > MOST_STORES) {
    throw PtxError(1, std::to_string(tables.stores.size()) + " instructions st.global, at most " + std::to_string(MOST_STORES));
  }
  std::string all = "#include \"ptx_run.h\"\nnamespace p = klif_ptx;\nnamespace {\n" + data;
  all += "unsigned char ran[" + std::to_string(tables.blocks.size() + 1) + "];\n" + heads + bodies;
  all += "const klif_sim::PtxStore stores[] = {";
  for (const PtxStore& store : tables.stores) {
    all += "{" + std::to_string(store.line) + ", '" + store.kind + "', " + std::to_string(store.bytes) + "}, ";
  }
  all += "{0, 0, 0}};\nconst klif_sim::PtxBlock blocks[] = {";
  for (const PtxBlock& block : tables.blocks) {
    all += "{" + std::to_string(block.line) + ", " + std::to_string(block.instructions) + "}, ";
  }
  all += "{0, 0}};\n}  // namespace\n";
  all += "extern \"C\" KLIF_SIM_FOR_KERNELS void KLIF_SIM_PTX_OBJECT(klif_sim::PtxObject& to) {\n" + registrations;
  all += "  to.stores = stores;\n  to.blocks = blocks;\n  to.ran = ran;\n  to.blockCount = " + std::to_string(tables.blocks.size()) + ";\n}\n";
  return all;
}

}  // namespace klif_sim
