#include "experiments/engine/run_model.h"

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/library/library.h"
#include "core/model/stored_adapter.h"
#include "experiments/engine/device.h"
#include "methods/catalog/method_info.h"
#include "methods/interchange/adapterhub/adapterhub_folder.h"
#include "methods/interchange/peft/peft_folder.h"
#include "methods/method.h"

#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

namespace diapason {

std::unique_ptr<Model> build_run_model(const RunSpec& spec, const TaskData& data) {
    const std::filesystem::path backbone = resolve_backbone(spec.backbone);
    const MethodInfo& info = method_info(spec.method);
    const OptionValues options = checked_options(info, spec.method_options, "run");
    const Task& task = data.task();
    const TaskShape shape =
        shape_of(task, read_backbone_config(backbone), answers_in_words(info, spec.training_options));
    at::Generator init = at::make_generator<at::CPUGeneratorImpl>(stream_seed(spec.seed, Stream::init));
    auto model = Model::load(backbone, {head_kind_from(shape.head), task.classes()}, device_from(spec.device), &init);
    MethodContext context{&data.tokenizer(), {}, init};
    for (const TaskLabel& label : task.labels)
        context.label_words.push_back(label.words);
    attach_method(spec.method, options, *model, context);
    if (spec.training_options.value("compute", std::string("float32")) == "bfloat16")
        model->compute_in(Precision::bfloat16);
    return model;
}

StoredRun load_stored_run(const std::filesystem::path& adapter) {
    const TensorFile file(adapter);
    const auto stored = file.metadata().find("spec");
    if (stored == file.metadata().end()) throw input_error(adapter.string(), "is no adapter that a run has stored");
    StoredRun run;
    run.spec = run_spec_from_json(parse_json(stored->second, adapter.string()), adapter.string());
    run.spec.device = "cpu";
    const MethodInfo& info = method_info(run.spec.method);
    run.options = checked_options(info, run.spec.method_options, adapter.string());
    run.in_words = answers_in_words(info, run.spec.training_options);
    const std::int64_t tokens = run.spec.training_options.value("max_tokens", std::int64_t{0});
    run.data = shared_task_data(run.spec.task, resolve_backbone(run.spec.backbone), tokens, run.in_words);
    run.model = build_run_model(run.spec, *run.data);
    load_adapter(file, *run.model);
    return run;
}

void export_adapter(const std::filesystem::path& adapter, const std::filesystem::path& folder,
                    const std::string& layout) {
    if (layout != "peft" && layout != "adapterhub")
        throw config_error("layout", layout, "known are peft and adapterhub");
    const StoredRun run = load_stored_run(adapter);
    const c10::NoGradGuard guard;
    if (layout == "peft")
        write_peft_folder(folder, *run.model, run.spec.backbone);
    else
        write_adapterhub_folder(folder, *run.model, run.spec.method);
}

} // namespace diapason
