// How much deltas change the states at their sites, and how much attention prefixes get, over the inputs of some
// forward passes.
#pragma once

#include "core/model/model.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace diapason {

struct SiteChange {
    std::string site;    ///< address; a second delta at the same site has a line of its own
    double relative = 0; ///< √(Σ‖Δh‖² / Σ‖h‖²) over all tokens seen
};

struct PrefixAttention {
    std::string site;          ///< "encoder.0.self_attn.kv"
    std::vector<double> heads; ///< mean share of a query's attention that goes to the prefix, one a head
};

/// Stands between a model and its deltas as long as it lives; forward passes meanwhile must have no gradients. Pass
/// observer() in ForwardState::prefixes.
class ChangeRecorder {
public:
    explicit ChangeRecorder(Model& model);
    ~ChangeRecorder(); ///< puts the deltas back
    ChangeRecorder(const ChangeRecorder&) = delete;
    ChangeRecorder& operator=(const ChangeRecorder&) = delete;

    PrefixObserver* observer() { return &m_shares; }
    /// In data-flow order; sites that nothing has passed are left out.
    /// @throws Error(input) naming the first site whose states are not finite
    std::vector<SiteChange> changes() const;
    std::vector<PrefixAttention> attention() const;

    struct Sums {
        std::string site;
        double change = 0, state = 0; ///< squares
        /// @param before, after [T, n]
        void add(const at::Tensor& before, const at::Tensor& after);
    };

private:
    class Shares : public PrefixObserver {
    public:
        struct Seen {
            std::string site;
            at::Tensor sum; ///< [heads], float64
            std::int64_t queries = 0;
        };
        void share(const Attention& attention, const at::Tensor& share) override;
        std::map<const Attention*, Seen> seen;
        std::vector<const Attention*> order;
    };

    Model& m_model;
    std::vector<std::unique_ptr<Sums>> m_sums;
    Shares m_shares;
};

} // namespace diapason
