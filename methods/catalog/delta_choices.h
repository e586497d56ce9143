// The unified view of He et al. 2022 (§4) as data: a delta is four choices. Torch-free.
#pragma once

#include <string>

namespace diapason {

enum class DeltaForm {
    bottleneck,   ///< up(act(down(x)))
    low_rank,     ///< up(down(x)), no biases
    hypercomplex, ///< a bottleneck of sums of Kronecker products
    multi_head,   ///< act(q_i down_i) up_i, one for each head
    rows          ///< softmax(q P_kᵀ) P_v
};
enum class DeltaInsertion { serial, parallel };
enum class DeltaComposition {
    add,     ///< h + Δh
    scaled,  ///< h + s·Δh
    learned, ///< h + s·Δh, s trained
    gated    ///< (1−λ)h + λΔh
};

/// How the masks of a layer, a, and of a task, b, become one (Zeng et al. 2023, §3.3).
enum class MaskRule {
    any,  ///< 1 − (1−a)(1−b): or
    both, ///< a·b: and
    sum   ///< a + b: add
};

struct DeltaChoices {
    DeltaForm form = DeltaForm::bottleneck;
    DeltaInsertion insertion = DeltaInsertion::parallel;
    std::string point = "block"; ///< the modified representation: a site's point
    DeltaComposition composition = DeltaComposition::add;
};

/// Empty, or the reason why these choices do not go together.
std::string refusal_of(const DeltaChoices& choices);

} // namespace diapason
