#include "experiments/engine/run_model.h"

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/library/library.h"
#include "core/model/stored_adapter.h"
#include "experiments/engine/answering.h"
#include "experiments/engine/device.h"
#include "methods/catalog/method_info.h"
#include "methods/interchange/adapterhub/adapterhub_folder.h"
#include "methods/interchange/peft/peft_folder.h"
#include "methods/method.h"

#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

namespace diapason {

std::unique_ptr<Model> build_run_model(const ResolvedRun& run, const TaskData& data) {
    at::Generator init = at::make_generator<at::CPUGeneratorImpl>(stream_seed(run.spec.seed, Stream::init));
    const HeadSpec head{head_kind_from(run.shape.head), run.shape.classes, answering_of(*run.task.kind).label_form()};
    auto model = Model::load(run.backbone, head, device_from(run.spec.device), &init);
    MethodContext context{&data.tokenizer(), {}, init};
    for (const TaskLabel& label : run.task.labels)
        context.label_words.push_back(label.words);
    attach_method(run.spec.method, run.options, *model, context);
    if (run.training.text("compute") == "bfloat16") model->compute_in(Precision::bfloat16);
    return model;
}

StoredRun load_stored_run(const std::filesystem::path& adapter) {
    const TensorFile file(adapter);
    const auto stored = file.metadata().find("spec");
    if (stored == file.metadata().end()) throw input_error(adapter.string(), "is not an adapter stored by a run");
    RunSpec spec = run_spec_from_json(parse_json(stored->second, adapter.string()), adapter.string());
    spec.device = "cpu";
    // Those of older versions name their task only.
    const auto task = file.metadata().find("task");
    const Json definition = task == file.metadata().end() ? Json() : parse_json(task->second, adapter.string());
    StoredRun result{resolve_run(spec, definition, adapter.string()), {}, {}};
    result.data = shared_task_data(result.run);
    result.model = build_run_model(result.run, *result.data);
    load_adapter(file, *result.model);
    return result;
}

void export_adapter(const std::filesystem::path& adapter, const std::filesystem::path& folder,
                    const std::string& layout) {
    if (layout != "peft" && layout != "adapterhub") throw config_error("layout", layout, "must be peft or adapterhub");
    const StoredRun stored = load_stored_run(adapter);
    const c10::NoGradGuard guard;
    if (layout == "peft")
        write_peft_folder(folder, *stored.model, stored.run.spec.backbone);
    else
        write_adapterhub_folder(folder, *stored.model, stored.run.spec.method);
}

} // namespace diapason
