#include "methods/inspect/change_recorder.h"

#include "core/base/error.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <cmath>

namespace diapason {
namespace {

class RecordedLinear : public LinearDelta {
public:
    RecordedLinear(std::unique_ptr<LinearDelta> of, ChangeRecorder::Sums& sums) : delta(std::move(of)), m_sums(sums) {}
    at::Tensor enter(const at::Tensor& x, const ForwardState& state) override {
        at::Tensor changed = delta->enter(x, state);
        if (!changed.is_same(x)) m_sums.add(x, changed);
        return changed;
    }
    at::Tensor apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) override {
        at::Tensor changed = delta->apply(x, y, state);
        if (!changed.is_same(y)) m_sums.add(y, changed);
        return changed;
    }

    std::unique_ptr<LinearDelta> delta;

private:
    ChangeRecorder::Sums& m_sums;
};

class RecordedBlock : public BlockDelta {
public:
    RecordedBlock(std::unique_ptr<BlockDelta> of, ChangeRecorder::Sums& sums) : delta(std::move(of)), m_sums(sums) {}
    at::Tensor apply(const at::Tensor& h, const BlockStates& states, const ForwardState& state) override {
        at::Tensor changed = delta->apply(h, states, state);
        m_sums.add(h, changed);
        return changed;
    }
    bool closes() const override { return delta->closes(); }

    std::unique_ptr<BlockDelta> delta;

private:
    ChangeRecorder::Sums& m_sums;
};

class RecordedHeads : public HeadsDelta {
public:
    RecordedHeads(std::unique_ptr<HeadsDelta> of, ChangeRecorder::Sums& sums) : delta(std::move(of)), m_sums(sums) {}
    at::Tensor apply(const at::Tensor& h, const HeadStates& states, const ForwardState& state) override {
        at::Tensor changed = delta->apply(h, states, state);
        m_sums.add(h, changed);
        return changed;
    }

    std::unique_ptr<HeadsDelta> delta;

private:
    ChangeRecorder::Sums& m_sums;
};

double sum_of_squares(const at::Tensor& x) {
    return x.to(at::kDouble).square().sum().item<double>();
}

// Every list of deltas with its site's address, in data-flow order.
template <class OnLinear, class OnBlock, class OnAttention>
void visit(Model& model, OnLinear&& on_linear, OnBlock&& on_block, OnAttention&& on_attention) {
    for (const auto& [site, linear] : model.backbone().linears())
        on_linear(site.address(), linear->deltas);
    for (const Stack& known : model.backbone().stacks()) {
        Stack& stack = model.backbone().stack(known.shape.name);
        for (std::size_t i = 0; i < stack.layers.size(); ++i) {
            Layer& layer = stack.layers[i];
            const std::string at = stack.shape.name + "." + std::to_string(i) + ".";
            on_attention(at + "self_attn.", layer.self);
            on_block(at + "self_attn.block", layer.self_block.deltas);
            if (layer.has_cross) {
                on_attention(at + "cross_attn.", layer.cross);
                on_block(at + "cross_attn.block", layer.cross_block.deltas);
            }
            on_block(at + "ffn.block", layer.ffn_block.deltas);
        }
    }
}

} // namespace

void ChangeRecorder::Sums::add(const at::Tensor& before, const at::Tensor& after) {
    change += sum_of_squares(after - before);
    state += sum_of_squares(before);
}

void ChangeRecorder::Shares::share(const Attention& attention, const at::Tensor& share) {
    Seen& own = seen.at(&attention);
    const at::Tensor sum = share.to(at::kDouble).sum(1);
    own.sum = own.sum.defined() ? own.sum + sum : sum;
    own.queries += share.size(1);
}

ChangeRecorder::ChangeRecorder(Model& model) : m_model(model) {
    const auto record = [&](const std::string& site, auto& deltas, auto&& wrap) {
        for (auto& delta : deltas) {
            m_sums.push_back(std::make_unique<Sums>(Sums{site, 0, 0}));
            delta = wrap(std::move(delta), *m_sums.back());
        }
    };
    visit(
        model,
        [&](const std::string& site, auto& deltas) {
            record(site, deltas,
                   [](auto delta, Sums& s) { return std::make_unique<RecordedLinear>(std::move(delta), s); });
        },
        [&](const std::string& site, auto& deltas) {
            record(site, deltas,
                   [](auto delta, Sums& s) { return std::make_unique<RecordedBlock>(std::move(delta), s); });
        },
        [&](const std::string& start, Attention& attention) {
            record(start + "heads", attention.head_deltas,
                   [](auto delta, Sums& s) { return std::make_unique<RecordedHeads>(std::move(delta), s); });
            if (attention.prefixes.empty()) return;
            m_shares.seen[&attention] = {start + "kv", {}, 0};
            m_shares.order.push_back(&attention);
        });
}

ChangeRecorder::~ChangeRecorder() {
    visit(
        m_model,
        [](const std::string&, auto& deltas) {
            for (auto& delta : deltas)
                delta = std::move(static_cast<RecordedLinear&>(*delta).delta);
        },
        [](const std::string&, auto& deltas) {
            for (auto& delta : deltas)
                delta = std::move(static_cast<RecordedBlock&>(*delta).delta);
        },
        [](const std::string&, Attention& attention) {
            for (auto& delta : attention.head_deltas)
                delta = std::move(static_cast<RecordedHeads&>(*delta).delta);
        });
}

std::vector<SiteChange> ChangeRecorder::changes() const {
    std::vector<SiteChange> list;
    for (const auto& sums : m_sums) {
        if (!std::isfinite(sums->state) || !std::isfinite(sums->change))
            throw Error(ErrorKind::input, {"the states at this site are not finite",
                                           {},
                                           sums->site,
                                           {},
                                           "The weights of the backbone or the adapter are damaged"});
        if (sums->state > 0) list.push_back({sums->site, std::sqrt(sums->change / sums->state)});
    }
    return list;
}

std::vector<PrefixAttention> ChangeRecorder::attention() const {
    std::vector<PrefixAttention> list;
    for (const Attention* attention : m_shares.order) {
        const Shares::Seen& seen = m_shares.seen.at(attention);
        if (seen.queries == 0) continue;
        PrefixAttention own{seen.site, {}};
        for (std::int64_t head = 0; head < seen.sum.size(0); ++head)
            own.heads.push_back(seen.sum[head].item<double>() / static_cast<double>(seen.queries));
        list.push_back(std::move(own));
    }
    return list;
}

} // namespace diapason
