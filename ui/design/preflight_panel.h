// What a study will cost, what blocks it, and the button that starts it.
#pragma once

#include "ui/frame/workspace.h"

#include <QComboBox>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QTimer>
#include <QWidget>

namespace diapason::ui {

class PreflightPanel : public QWidget {
    Q_OBJECT
public:
    explicit PreflightPanel(Workspace& workspace, QWidget* parent = nullptr);
    void showPlan();
    void wait();            ///< for the plan of a changed design: nothing starts
    void showThatItWaits(); ///< when that takes time

Q_SIGNALS:
    void started();
    void fieldWanted(const diapason::FieldPath& field); ///< the one that a problem names

private:
    Workspace& m_workspace;
    QLabel *m_text, *m_why;
    QComboBox* m_execution;
    QListWidget* m_problems;
    QPushButton* m_start;
    QTimer m_progress; ///< says what is being read, and how far it is
};

} // namespace diapason::ui
