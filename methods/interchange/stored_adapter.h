// An adapter read from a folder of some library.
#pragma once

#include "core/model/model.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace diapason {

/// What a folder became inside a model.
struct StoredAdapter {
    std::map<std::string, Parameter*> parameters; ///< by the name in the adapter's file
    std::vector<Parameter*> deltas;               ///< of the adapter itself, trained biases included
    std::vector<Parameter*> mask_scores;          ///< those of the deltas that are stored as masks, a bit an element
    std::vector<Parameter*> saved_modules;        ///< heads and other modules stored whole
    std::vector<std::string> warnings;            ///< one line each: what a newer library wrote and nothing here reads
    bool without_types = false;                   ///< the library shows the model no token types
    bool shared_names = false; ///< a parameter with several names is one parameter to the library, too
    /// What is computed from the parameters and worth a look: "flat.encoder.self_attn", "mask.…".
    std::map<std::string, std::function<at::Tensor()>> derived;
};

} // namespace diapason
