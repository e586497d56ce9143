// A method at work: it attaches deltas to a model and marks what is trained. Engine side; descriptors are in
// methods/catalog.
#pragma once

#include "core/base/options.h"
#include "core/model/model.h"
#include "core/text/tokenizer.h"

#include <ATen/core/Generator.h>

#include <string>
#include <vector>

namespace diapason {

/// What inits draw from.
struct MethodContext {
    const Tokenizer* tokenizer = nullptr; ///< null: inits from words are refused
    std::vector<std::string> label_words; ///< one a class
    at::Generator generator;              ///< the run's init generator
};

/// Attaches the method `id` to a model whose parameters are all frozen; afterwards model.trainable() is what the study
/// trains, the task head included. @throws Error(config)
void attach_method(const std::string& id, const OptionValues& options, Model& model, MethodContext& context);

/// Attaches what a combination consists of, one part after the other.
void attach_parts(const std::string& id, const OptionValues& options, Model& model, MethodContext& context);

#define DIAPASON_METHOD(name) void attach_##name(const OptionValues& options, Model& model, MethodContext& context);
#include "methods/methods.def"

} // namespace diapason
