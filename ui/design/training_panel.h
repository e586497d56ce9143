// Seeds and the training options that all arms share.
#pragma once

#include "ui/design/option_form.h"
#include "ui/frame/workspace.h"

#include <QLabel>
#include <QLineEdit>
#include <QWidget>

namespace diapason::ui {

class TrainingPanel : public QWidget {
    Q_OBJECT
public:
    explicit TrainingPanel(Workspace& workspace, QWidget* parent = nullptr);
    void reload(); ///< the design has changed
    void showProblems(const std::vector<Problem>& problems);

private:
    void takeSeeds();

    Workspace& m_workspace;
    QLineEdit* m_seeds;
    QLabel* m_wrong;
    OptionForm* m_training;
};

} // namespace diapason::ui
