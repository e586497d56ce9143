// The task of a design: which there are, what is known of the chosen one, and data of one's own.
#pragma once

#include "ui/design/choice_panel.h"
#include "ui/frame/workspace.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace diapason::ui {

class TaskPanel : public ChoicePanel {
    Q_OBJECT
public:
    explicit TaskPanel(Workspace& workspace, QWidget* parent = nullptr);
    void reloadNames();
    /// What the plan's task is. @return two lines for a list of sections
    QString showTask();
    /// Shows a data file as a task; what the user makes of it becomes the design's task.
    void addData(const QString& file);

Q_SIGNALS:
    void tasksChanged(); ///< one has come, gone or become another

private:
    void edit();
    void duplicate();
    void remove();
    void take(const QString& id); ///< as the design's task
    std::size_t studiesWith(const std::string& id);

    Workspace& m_workspace;
    std::optional<std::pair<std::filesystem::path, int>> m_counted; ///< database and state of it that was counted
    std::map<std::string, std::size_t> m_studies;                   ///< that use a task, by its id
    QPushButton *m_edit, *m_duplicate, *m_remove;
};

} // namespace diapason::ui
