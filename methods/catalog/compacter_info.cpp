#include "methods/catalog/adapter_plan.h"
#include "methods/compacter.h"

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
        adapter_sites("*.*.{self_attn,ffn}.block", "Places of adapters: *.*.ffn.block alone is Compacter++.");
    sites.source = "Karimi Mahabadi et al. 2021, §3.2 and §3.3";
    OptionDescriptor n;
    n.name = "kronecker";
    n.label = "Divisor n";
    n.type = OptionType::integer;
    n.default_value = 4;
    n.minimum = 1;
    n.maximum = 64;
    n.help = "Number of Kronecker products, and size of the shared factors A_i; divides the backbone's width and r.";
    n.source = "Karimi Mahabadi et al. 2021, §4: 4, 8, 12";
    OptionDescriptor rank;
    rank.name = "kronecker_rank";
    rank.label = "Rank of a factor";
    rank.type = OptionType::integer;
    rank.default_value = 1;
    rank.minimum = 1;
    rank.maximum = 1024;
    rank.help = "Inner dimension of the other factor, s_i t_i.";
    rank.source = "Karimi Mahabadi et al. 2021, §3.2: 1";
    OptionDescriptor input;
    input.name = "input";
    input.label = "Reads";
    input.type = OptionType::choice;
    input.default_value = "output";
    input.choices = {{"output", "the sublayer's output", "Before the residual is added."},
                     {"normalised_sum", "norm(output + residual)", "AdapterHub."}};
    input.help = "What an adapter reads; it is added to the sublayer's output in any case.";
    input.source = "AdapterHub, original_ln_before";
    input.advanced = true;
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
