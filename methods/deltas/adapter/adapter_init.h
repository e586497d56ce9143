// First values of adapters.
#pragma once

#include "core/model/layers.h"
#include "methods/catalog/adapter_plan.h"
#include "methods/deltas/adapter/delta_map.h"
#include "methods/init/random_tensors.h"

#include <memory>
#include <string>

namespace diapason {

/// The weight [out, in] of an adapter's map. @param init zero_up, normal, small_normal or truncated_normal @param up
/// the second map
Parameter* draw_adapter_weight(RandomTensors& draw, const std::string& init, bool up, const std::string& name,
                               std::int64_t in, std::int64_t out);

/// Makes the tensors of a plan's adapters, marked for training; names as in `delta` folders.
class AdapterInit {
public:
    AdapterInit(const AdapterPlan& plan, Model& model, at::Generator& generator)
        : m_plan(plan),
          m_draw(model, generator) {}

    std::unique_ptr<DeltaMap> down(const std::string& name, std::int64_t in);
    std::unique_ptr<DeltaMap> up(const std::string& name, std::int64_t out);
    Norm norm(const std::string& name, std::int64_t width);       ///< gain 1, bias 0
    Parameter* ones(const std::string& name, std::int64_t count); ///< [count]
    /// A multi-head adapter's down [heads, width, r], U(±1/√width), and up [heads, r, width], zeros.
    Parameter* heads(const std::string& name, std::int64_t heads, std::int64_t width, std::int64_t size);
    Parameter* heads_up(const std::string& name, std::int64_t heads, std::int64_t size, std::int64_t width);

private:
    std::unique_ptr<DeltaMap> map(const std::string& name, std::int64_t in, std::int64_t out, bool up);
    std::unique_ptr<DeltaMap> hypercomplex(const std::string& name, std::int64_t in, std::int64_t out);

    const AdapterPlan& m_plan;
    RandomTensors m_draw;
    Parameter* m_rule = nullptr; ///< A_i, of all maps
};

} // namespace diapason
