// Compacter (Karimi Mahabadi et al. 2021): adapters whose maps are sums of Kronecker products.
#include "core/base/option_builders.h"
#include "methods/catalog/adapter_plan.h"
#include "methods/catalog/infos.h"

namespace diapason {

AdapterPlan compacter_plan() {
    AdapterPlan plan;
    plan.form = DeltaForm::hypercomplex;
    plan.insertion = DeltaInsertion::serial;
    plan.input = "output";
    plan.init = "kronecker";
    return plan;
}

MethodInfo compacter_info() {
    MethodInfo info;
    info.id = "compacter";
    info.label = "Compacter";
    info.paper = "Karimi Mahabadi et al. 2021";
    info.formula = "h ← h + up(act(down(h))), W = Σ_i A_i ⊗ (s_i t_i)";
    info.summary = "Trains adapters whose maps are sums of Kronecker products; all layers share one factor.";
    info.colour_slot = 7;
    info.default_learning_rate = 3e-3;
    info.size_option = "size";
    OptionDescriptor sites =
        adapter_sites("*.*.{self_attn,ffn}.block", "Adapter sites: *.*.ffn.block alone is Compacter++.");
    sites.source = "Karimi Mahabadi et al. 2021, §3.2 and §3.3";
    const OptionDescriptor n = option::integer(
        "kronecker", "Divisor n", 4, 1, 64,
        "Number of Kronecker products, and size of the shared factors A_i; must divide the backbone's width and r.",
        "Karimi Mahabadi et al. 2021, §4: 4, 8, 12");
    const OptionDescriptor rank =
        option::integer("kronecker_rank", "Rank of a factor", 1, 1, 1024,
                        "Inner dimension of the other factor, s_i t_i.", "Karimi Mahabadi et al. 2021, §3.2: 1");
    const OptionDescriptor input =
        option::advanced(option::choice("input", "Reads", "output",
                                        {{"output", "the sublayer's output", "Before the residual is added."},
                                         {"normalised_sum", "norm(output + residual)", "AdapterHub."}},
                                        "What an adapter reads; the result is always added to the sublayer's output.",
                                        "AdapterHub, original_ln_before"));
    info.options = {adapter_size(16),
                    n,
                    rank,
                    sites,
                    adapter_activation("gelu"),
                    input,
                    adapter_dropout(),
                    adapter_dropout_site(),
                    adapter_drop_first()};
    info.presets = {{"compacter_plus_plus", "Compacter++", {{"sites", "*.*.ffn.block"}}}};
    describe_adapters(info, compacter_plan());
    info.traps = {"The Kronecker factors A are one tensor that all adapters share: trained, counted and stored once."};
    return info;
}

} // namespace diapason
