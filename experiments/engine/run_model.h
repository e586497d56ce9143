// The model that a run trains, and what became of it.
#pragma once

#include "core/model/model.h"
#include "experiments/engine/resolved_run.h"
#include "experiments/engine/task_data.h"

#include <filesystem>
#include <memory>

namespace diapason {

/// Backbone, head and method as the run begins: the same specification gives the same bits. @throws Error
std::unique_ptr<Model> build_run_model(const ResolvedRun& run, const TaskData& data);

/// A finished run as its adapter.safetensors tells it: the model with the stored values in place.
struct StoredRun {
    ResolvedRun run;
    std::shared_ptr<TaskData> data;
    std::unique_ptr<Model> model;
};
/// On the CPU, whatever it was trained on. @throws Error(input) when the file is no adapter of a run
StoredRun load_stored_run(const std::filesystem::path& adapter);

/// Writes the adapter that a run stored (adapter.safetensors) as a folder of the library PEFT or AdapterHub.
/// @param layout peft or adapterhub. @throws Error(input) when the file is no adapter of a run, Error(config) when that
/// layout cannot hold it
void export_adapter(const std::filesystem::path& adapter, const std::filesystem::path& folder,
                    const std::string& layout = "peft");

} // namespace diapason
