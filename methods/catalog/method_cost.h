// What a method adds to the arithmetic of a run and to its inputs. Torch-free.
#pragma once

namespace diapason {

/// Made from a method's options by MethodInfo::cost; as it stands here for methods that have nothing to say.
struct MethodCost {
    double extra_tokens = 0; ///< that every input has beside its own
    double members = 1;      ///< of an ensemble, each of which reads every input
    double depth = 1;        ///< the part of the backbone's layers that a backward pass goes through
    double positions = 0;    ///< of the backbone's, that are taken before the input's own
};

} // namespace diapason
